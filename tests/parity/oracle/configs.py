"""Tiny configurations: GENERIC applies to every config that has the key, TYPES adds what a family needs."""

import json

from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as CAUSAL_LM

PAD, BOS, EOS = 0, 1, 2

GENERIC = {
    # sizes
    "vocab_size": 256, "hidden_size": 64, "d_model": 64, "n_embd": 64, "emb_dim": 64, "embedding_size": 64,
    "intermediate_size": 96, "ffn_dim": 96, "decoder_ffn_dim": 96, "encoder_ffn_dim": 96, "n_inner": 96,
    "ffn_hidden_size": 96, "dff": 96, "dim_ff": 96, "d_inner": 96, "intermediate_size_mlp": 80,
    "moe_intermediate_size": 48, "shared_expert_intermediate_size": 56, "moe_shared_expert_intermediate_size": 56,
    "shared_intermediate_size": 56, "dense_intermediate_size": 96, "expert_ffn_hidden_size": 48,
    "num_hidden_layers": 3, "n_layer": 3, "n_layers": 3, "num_layers": 3, "decoder_layers": 3, "encoder_layers": 1,
    "num_attention_heads": 4, "n_head": 4, "n_heads": 4, "num_heads": 4, "decoder_attention_heads": 4,
    "encoder_attention_heads": 4, "attention_heads": 4, "num_key_value_heads": 2, "num_kv_heads": 2, "head_dim": 16,
    "kv_channels": 16, "max_position_embeddings": 128, "n_positions": 128, "n_ctx": 128, "max_seq_len": 128,
    "max_target_positions": 128, "context_length": 128, "type_vocab_size": 2,
    # mixture of experts
    "num_experts": 6, "num_local_experts": 6, "n_routed_experts": 6, "moe_num_experts": 6, "num_experts_per_tok": 2,
    "num_experts_per_token": 2, "moe_topk": 2, "moe_k": 2, "n_shared_experts": 1, "num_shared_experts": 1,
    "moe_num_shared_experts": 1, "n_group": 3, "topk_group": 2, "num_expert_group": 3, "first_k_dense_replace": 1,
    "num_dense_layers": 1, "routed_scaling_factor": 1.7, "router_scaling_factor": 1.7, "moe_routed_scaling_factor": 1.7,
    "route_scale": 1.7,
    # multi-head latent attention and sparse indexers
    "q_lora_rank": 24, "kv_lora_rank": 20, "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 12,
    "index_n_heads": 2, "index_head_dim": 16, "index_topk": 12,
    # windows (small enough to matter at 32 tokens)
    "sliding_window": 8, "sliding_window_size": 8, "attention_window_size": 8, "attention_chunk_size": 8,
    "window_size": 8, "local_attention": 16, "keep_window_size": 8,
    # scalars away from the value that hides them
    "embedding_multiplier": 3.0, "attention_multiplier": 0.2, "logits_scaling": 2.5, "residual_multiplier": 0.6,
    "query_pre_attn_scalar": 24, "attn_logit_softcapping": 5.0, "final_logit_softcapping": 6.0, "logit_scale": 0.4,
    "scale_embedding": True, "rms_norm_eps": 1e-5, "layer_norm_eps": 1e-5,
    # state space and linear attention
    "mamba_d_state": 8, "mamba_n_heads": 8, "mamba_d_head": 16, "mamba_n_groups": 2, "mamba_chunk_size": 8,
    "mamba_d_conv": 4, "state_size": 8, "ssm_state_size": 8, "time_step_rank": 4, "chunk_size": 8, "n_groups": 2,
    "mamba_num_heads": 8, "mamba_head_dim": 16, "mamba_dt_rank": 4, "linear_num_key_heads": 2,
    "linear_num_value_heads": 4, "linear_key_head_dim": 16, "linear_value_head_dim": 12, "linear_num_heads": 4,
    "linear_head_dim": 16, "block_size": 8, "use_mamba_kernels": False,
    # vision towers: one 32 x 32 image in 8 x 8 patches
    "depth": 2, "embed_dim": 64, "image_size": 32, "patch_size": 8, "out_hidden_size": 64, "projection_dim": 64,
    "projector_hidden_size": 64, "text_hidden_size": 64, "spatial_merge_size": 2, "scale_factor": 2,
    "fullatt_block_indexes": [1], "deepstack_visual_indexes": [0, 1], "num_position_embeddings": 16,
    "mm_tokens_per_image": 4, "vision_feature_layer": -1, "image_token_id": 5, "image_token_index": 5,
    "video_token_id": 6, "video_token_index": 6, "audio_token_id": 7, "vision_start_token_id": 3, "boi_token_id": 3,
    "vision_end_token_id": 4, "eoi_token_id": 4,
    # decoders only, ids inside the vocabulary, no dropout surprises
    "is_decoder": True, "pad_token_id": PAD, "bos_token_id": BOS, "eos_token_id": EOS,
}
IF_SET = {"sliding_window", "n_group", "topk_group", "attn_logit_softcapping", "final_logit_softcapping", "logit_scale",
          "n_inner", "q_lora_rank", "n_shared_experts", "index_topk"}  # left alone where the family's default is null/0

KINDS = {"s": "sliding_attention", "f": "full_attention", "c": "chunked_attention", "l": "linear_attention",
         "i": "indexed_attention", "v": "conv", "D": "dense", "E": "sparse"}


def kinds(letters):
    return [KINDS[letter] for letter in letters]


def layers(letters):
    return {"num_hidden_layers": len(letters), "layer_types": kinds(letters)}


def rope(kind="default", theta=1000.0, **more):
    return {"rope_type": kind, "rope_theta": theta, **more}


# Scalings that bend some of the 8 frequencies of a 16-wide head within 32 positions.
LLAMA3 = rope("llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)
YARN = rope("yarn", factor=4.0, beta_fast=4.0, beta_slow=1.0, original_max_position_embeddings=32)
MLA_YARN = {**YARN, "mscale": 0.8, "mscale_all_dim": 1.2}
LINEAR = rope("linear", factor=4.0)
DYNAMIC = rope("dynamic", factor=2.0)
LONGROPE = rope("longrope", short_factor=[1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7], original_max_position_embeddings=16,
                long_factor=[1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 9.0])
BY_KIND = {"sliding_attention": rope(theta=100.0), "full_attention": rope("linear", theta=5000.0, factor=4.0)}
YARN_BY_KIND = {"sliding_attention": rope(theta=100.0), "full_attention": YARN}


def t(tag, **overrides):
    return tag, overrides


# name or name:variant -> (tag, overrides). A causal-LM type without an entry gets tag "other" and GENERIC alone.
TYPES = {
    # --- dense, pre-norm decoders and close relatives
    "llama": t("dense", rope_parameters=LLAMA3),
    "llama:bias": t("dense", attention_bias=True, mlp_bias=True, tie_word_embeddings=True),
    "llama:linear": t("dense", rope_parameters=LINEAR),
    "llama:dynamic": t("dense", rope_parameters=DYNAMIC, max_position_embeddings=16),
    "llama:yarn": t("dense", rope_parameters=YARN),
    "llama:mha": t("dense", num_key_value_heads=4),
    "apertus": t("dense", rope_parameters=LLAMA3),
    "arcee": t("dense", rope_parameters=YARN),
    "bitnet": t("dense"),
    "cohere": t("dense"),
    "cohere:qknorm": t("dense", use_qk_norm=True),
    "cohere2": t("dense", **layers("ssf")),
    "cohere_compass_text": t("dense", **layers("ssf"), rope_parameters=BY_KIND, logit_scale=0.4),
    "cwm": t("dense", **layers("fss"), rope_parameters=LLAMA3),
    "diffllama": t("dense"),
    "doge": t("dense"),
    "ernie4_5": t("dense"),
    "exaone4": t("dense", **layers("ssf"), rope_parameters=LLAMA3),
    "gemma": t("dense"),
    "gemma2": t("dense", **layers("sfs")),
    "gemma3_text": t("dense", **layers("ssf"), rope_parameters=BY_KIND),
    "gemma3n_text": t("dense", **layers("sfssf"), num_kv_shared_layers=2, hidden_size_per_layer_input=16,
                      vocab_size_per_layer_input=256, laurel_rank=8, rope_parameters=BY_KIND,
                      activation_sparsity_pattern=[0.6, 0.6, 0.0, 0.0, 0.0], intermediate_size=96),
    "gemma4_text": t("dense", **layers("sfssf"), num_kv_shared_layers=2, hidden_size_per_layer_input=16,
                     vocab_size_per_layer_input=256, final_logit_softcapping=6.0,
                     per_layer_config={"01": {"head_dim": 32}, "04": {"head_dim": 32}},
                     rope_parameters={"sliding_attention": rope(theta=100.0),
                                      "full_attention": rope("proportional", 5000.0, partial_rotary_factor=0.25)}),
    "gemma4_text:moe": t("moe", **layers("sf"), hidden_size_per_layer_input=0, enable_moe_block=True, num_experts=6,
                         top_k_experts=2, moe_intermediate_size=48, attention_k_eq_v=True,
                         per_layer_config={"01": {"head_dim": 32}}),
    "gemma4_text:shared": t("dense", **layers("sfssfsf"), num_kv_shared_layers=4, hidden_size_per_layer_input=8,
                            vocab_size_per_layer_input=256, attention_k_eq_v=True, use_double_wide_mlp=True,
                            per_layer_config={str(i): {"head_dim": 32, "num_key_value_heads": 1} for i in (1, 4, 6)}),
    "gemma4_unified_text": t("dense", **layers("ssf"), per_layer_config={"02": {"head_dim": 32}},
                             final_logit_softcapping=6.0),
    "glm": t("dense"),
    "glm4": t("dense"),
    "granite": t("dense"),
    "granite_swa": t("dense", **layers("fss"), layer_rope_theta=[1000.0, 100.0, 0.0]),
    "helium": t("dense"),
    "hunyuan_v1_dense": t("dense", rope_parameters=rope("dynamic", factor=1.0, alpha=50.0)),
    "hyperclovax": t("dense"),
    "internlm3": t("dense"),
    "iquestcoder": t("dense"),
    "jais2": t("dense"),
    "ministral": t("dense", **layers("fss")),
    "ministral3": t("dense", rope_parameters={**YARN, "mscale": 1.0, "mscale_all_dim": 1.0,
                                              "llama_4_scaling_beta": 0.4}),
    "mistral": t("dense"),
    "modernbert-decoder": t("dense", **layers("fss"), sliding_window=8),
    "modernbert-decoder:bias": t("dense", **layers("sfs"), sliding_window=8, attention_bias=True, mlp_bias=True,
                                 norm_bias=True, classifier_bias=True, decoder_bias=False),
    "nanochat": t("dense"),
    "nemotron": t("dense"),
    "olmo": t("dense", clip_qkv=1.0),
    "olmo2": t("dense"),
    "olmo3": t("dense", **layers("ssf"), rope_parameters=YARN_BY_KIND),
    "persimmon": t("dense"),
    "phi": t("dense"),
    "phi:qknorm": t("dense", qk_layernorm=True),
    "phi3": t("dense", rope_parameters=LONGROPE, original_max_position_embeddings=16),
    "phi3:window": t("dense", sliding_window=8, rope_parameters=rope(partial_rotary_factor=0.5)),
    "qwen2": t("dense"),
    "qwen2:window": t("dense", use_sliding_window=True, sliding_window=8, max_window_layers=1, rope_parameters=YARN),
    "qwen3": t("dense"),
    "qwen3:window": t("dense", **layers("sfs"), use_sliding_window=True, sliding_window=8, attention_bias=True),
    "seed_oss": t("dense"),
    "smollm3": t("dense", no_rope_layers=[1, 0, 1]),
    "stablelm": t("dense", use_qkv_bias=True),
    "stablelm:parallel": t("dense", use_parallel_residual=True, qk_layernorm=True),
    "starcoder2": t("dense", sliding_window=8),
    "vaultgemma": t("dense", **layers("sfs")),
    # --- mixture of experts over ordinary attention
    "afmoe": t("moe", **layers("ssf"), num_shared_experts=2, mup_enabled=True),
    "aria_text": t("moe", moe_num_shared_experts=2),
    "beam": t("moe", **layers("ssf"), mlp_layer_types=kinds("DEE"), moe_intermediate_size=48,
              rope_parameters={"sliding_attention": rope(), "full_attention": None}),
    "cohere2_moe": t("moe", **layers("ssf"), mlp_layer_types=kinds("DEE"), num_shared_experts=1),
    "dbrx": t("moe", attn_config={"kv_n_heads": 2, "clip_qkv": 1.5, "rope_theta": 1000.0},
              ffn_config={"ffn_hidden_size": 48, "moe_num_experts": 6, "moe_top_k": 2, "hidden_size": 64}),
    "dots1": t("moe", n_routed_experts=6, n_shared_experts=2, num_experts_per_tok=2, n_group=3, topk_group=2,
               routed_scaling_factor=1.7, norm_topk_prob=True),
    "ernie4_5_moe": t("moe", moe_num_shared_experts=2, moe_layer_start_index=1, moe_layer_end_index=2),
    "exaone_moe": t("moe", **layers("ssf"), mlp_layer_types=kinds("DEE")),
    "flex_olmo": t("moe"),
    "flint": t("moe", **layers("fsf"), mlp_only_layers=[0], rope_parameters=rope()),
    "glm4_moe": t("moe", use_qk_norm=True),
    "gpt_oss": t("moe", **layers("sfs"), rope_parameters={**YARN, "truncate": False}),
    "granitemoe": t("moe"),
    "granitemoe_swa": t("moe", **layers("fss"), layer_rope_theta=[1000.0, 100.0, 0.0]),
    "granitemoeshared": t("moe"),
    "hunyuan_v1_moe": t("moe", rope_parameters=rope("dynamic", factor=1.0, alpha=50.0)),
    "hy_v3": t("moe", mlp_layer_types=kinds("DEE")),
    "jetmoe": t("moe"),
    "kolibri1": t("moe", **layers("ssf")),
    "laguna": t("moe", **layers("sfs"), mlp_layer_types=kinds("DEE"), num_attention_heads_per_layer=[4, 2, 4],
                moe_router_logit_softcapping=3.0,
                rope_parameters={"sliding_attention": rope(theta=100.0),
                                 "full_attention": {**YARN, "partial_rotary_factor": 0.5}}),
    "laguna:per_element": t("moe", **layers("fs"), gating="per-element"),
    "llama4_text": t("moe", num_hidden_layers=4, no_rope_layers=[1, 0, 1, 0], interleave_moe_layer_step=2,
                     layer_types=kinds("cfcf"), floor_scale=8, attn_scale=0.4, rope_parameters=LLAMA3),
    "mellum": t("moe", **layers("sfs"), mlp_layer_types=kinds("DEE"), rope_parameters=YARN_BY_KIND),
    "mimo_v2_flash": t("moe", **layers("fss"), mlp_layer_types=kinds("DEE")),
    "minimax_m2": t("moe"),
    "mixtral": t("moe"),
    "olmoe": t("moe", clip_qkv=1.5),
    "phimoe": t("moe", rope_parameters={**LONGROPE, "short_mscale": 1.1, "long_mscale": 1.3}, attention_bias=True,
                lm_head_bias=True, original_max_position_embeddings=16),
    "qwen2_moe": t("moe", mlp_only_layers=[1]),
    "qwen3_moe": t("moe", mlp_only_layers=[0], norm_topk_prob=True, num_experts=6),
    "solar_open": t("moe"),
    # --- multi-head latent attention
    "axk1": t("mla", rope_parameters=MLA_YARN, mlp_layer_types=kinds("DEE")),
    "deepseek_v2": t("mla", rope_parameters=MLA_YARN, num_experts_per_tok=2, n_shared_experts=2, n_group=3,
                     topk_group=2, topk_method="group_limited_greedy", first_k_dense_replace=1),
    "deepseek_v2:lite": t("mla", q_lora_rank=None, num_experts_per_tok=2, first_k_dense_replace=1),
    "deepseek_v3": t("mla", rope_parameters=MLA_YARN),
    "glm4_moe_lite": t("mla", mlp_layer_types=kinds("DEE")),
    "longcat_flash": t("mla", num_layers=2, zero_expert_num=2, head_dim=8),
    "minicpm3": t("mla", rope_parameters=rope("longrope", short_factor=[1.0, 1.1, 1.2, 1.3],
                                              long_factor=[1.0, 2.0, 4.0, 8.0], original_max_position_embeddings=16)),
    "youtu": t("mla"),
    # --- sparse attention (indexer, compression) and hyper-connections
    "axk2": t("sparse", **layers("iii"), mlp_layer_types=kinds("DEE"), gated_norm_rank=8),
    "deepseek_v32": t("sparse", **layers("iii"), mlp_layer_types=kinds("DEE"), rope_parameters=MLA_YARN),
    "glm_moe_dsa": t("sparse", **layers("iii"), mlp_layer_types=kinds("DEE"), indexer_types=["full", "full", "shared"]),
    "hy_v4": t("sparse", **layers("iii"), mlp_layer_types=kinds("DEE"), indexer_types=["full", "full", "shared"]),
    "deepseek_v4": t("sparse", num_hidden_layers=4, num_key_value_heads=1, head_dim=16, o_groups=2, o_lora_rank=12,
                     layer_types=["sliding_attention", "heavily_compressed_attention", "compressed_sparse_attention",
                                  "compressed_sparse_attention"],
                     mlp_layer_types=["hash_moe", "moe", "moe", "moe"], hc_mult=2, hc_sinkhorn_iters=4, index_topk=3,
                     compress_rates={"compressed_sparse_attention": 4, "heavily_compressed_attention": 8},
                     partial_rotary_factor=0.5, swiglu_limit=1.0),
    "dots3_note_text": t("sparse", **layers("isi"), mlp_layer_types=kinds("DEE"), per_layer_config={}, head_dim=24,
                         shared_experts_intermediate_size=56),
    "minimax_m3_vl_text": t("sparse", layer_types=["full_attention", "minimax_m3_sparse", "minimax_m3_sparse"],
                            mlp_layer_types=kinds("DEE"), index_block_size=4, index_topk_blocks=3, rotary_dim=8,
                            swiglu_limit=1.0, routed_scaling_factor=1.7),
    "qwen4_exp_text": t("sparse"),
    "inkling_text": t("sparse", layer_types=["hybrid_sliding", "hybrid", "hybrid_sliding"], swa_head_dim=12,
                      mlp_layer_types=kinds("DEE"), swa_num_attention_heads=4, swa_num_key_value_heads=2, d_rel=4,
                      rel_extent=16, log_scaling_n_floor=8, n_shared_experts=2, unpadded_vocab_size=256,
                      logits_mup_width_multiplier=2.0),
    "inkling2_text": t("sparse", layer_types=["hybrid_sliding", "hybrid", "hybrid_sliding"], swa_head_dim=12,
                       swa_num_attention_heads=4, swa_num_key_value_heads=2, d_rel=4, rel_extent=16,
                       log_scaling_n_floor=8, n_layers_per_attn_res_block=2, qk_l2_clip_threshold=2.0,
                       rel_l2_clip_threshold=1.0, unpadded_vocab_size=256),
    # --- state space models and hybrids
    "bamba": t("ssm", attn_layer_indices=[1]),
    "falcon_h1": t("ssm", mamba_d_ssm=128, lm_head_multiplier=0.7, mlp_multipliers=[0.8, 1.2], key_multiplier=0.6,
                   attention_in_multiplier=0.9, attention_out_multiplier=0.8, ssm_in_multiplier=1.3,
                   ssm_out_multiplier=0.7, ssm_multipliers=[0.7, 0.8, 0.9, 1.1, 1.2], mamba_rms_norm=True),
    "falcon_mamba": t("ssm"),
    "granitemoehybrid": t("ssm", layer_types=kinds("lfl"), position_embedding_type="rope"),
    "jamba": t("ssm", num_hidden_layers=4, attn_layer_period=4, attn_layer_offset=2),
    "mamba": t("ssm"),
    "mamba2": t("ssm", num_heads=8, head_dim=16),
    "nemotron_h": t("ssm", num_hidden_layers=4, layers_block_type=["linear_attention", "moe", "full_attention", "mlp"]),
    "zamba": t("ssm", num_hidden_layers=6, attn_layer_period=3, attn_layer_offset=1, attention_hidden_size=128,
               attention_head_dim=32, num_key_value_heads=4, n_mamba_heads=2),
    "zamba2": t("ssm", num_hidden_layers=4, num_mem_blocks=2, adapter_rank=8, use_shared_attention_adapter=True,
                layers_block_type=["linear_attention", "hybrid", "linear_attention", "hybrid"], mamba_headdim=16,
                use_mem_rope=True, mamba_ngroups=2, n_mamba_heads=8, attention_head_dim=32, num_key_value_heads=4,
                attention_hidden_size=128),
    # --- linear attention, recurrence, convolution
    "bailing_hybrid": t("linear-attn", layer_types=kinds("llf"), mlp_layer_types=kinds("DEE")),
    "kimi_linear": t("linear-attn", layer_types=kinds("llf"), mlp_layer_types=kinds("DEE")),
    "lfm2": t("linear-attn", layer_types=kinds("vfv"), block_multiple_of=32),
    "lfm2_moe": t("linear-attn", layer_types=kinds("vfv")),
    "lfm3": t("linear-attn", layer_types=kinds("vsf")),
    "minimax": t("linear-attn", layer_types=kinds("lfl"), linear_attn_alpha_factor=1.2, linear_attn_beta_factor=0.8,
                 full_attn_alpha_factor=0.9, full_attn_beta_factor=1.1, mlp_alpha_factor=1.3, mlp_beta_factor=0.7),
    "olmo_hybrid": t("linear-attn", layer_types=kinds("llf"), linear_num_key_heads=4),
    "qwen3_5_text": t("linear-attn", layer_types=kinds("llf")),
    "qwen3_5_moe_text": t("linear-attn", layer_types=kinds("llf")),
    "qwen3_next": t("linear-attn", layer_types=kinds("llf"), mlp_only_layers=[0]),
    "recurrent_gemma": t("linear-attn", lru_width=64),
    "rwkv": t("linear-attn", attention_hidden_size=64),
    "xlstm": t("linear-attn", num_blocks=3, num_hidden_layers=3),
    "zaya": t("linear-attn", layer_types=["hybrid", "hybrid_sliding", "hybrid"], num_experts_per_tok=1,
              sliding_window=8, router_hidden_size=24,
              rope_parameters={"hybrid": rope(partial_rotary_factor=0.5),
                               "hybrid_sliding": rope(theta=100.0, partial_rotary_factor=0.5)}),
    # --- older decoders
    "bloom": t("legacy"),
    "bloom:12heads": t("legacy", n_head=12, hidden_size=96),
    "biogpt": t("legacy"),
    "codegen": t("legacy", rotary_dim=8),
    "falcon": t("legacy"),
    "falcon:40b": t("legacy", new_decoder_architecture=True, num_kv_heads=2),
    "falcon:11b": t("legacy", new_decoder_architecture=True, num_kv_heads=2, num_ln_in_parallel_attn=1),
    "falcon:alibi": t("legacy", alibi=True, multi_query=False, num_attention_heads=12, num_kv_heads=12,
                      hidden_size=96, parallel_attn=False, bias=True),
    "gpt2": t("legacy"),
    "gpt2:by_depth": t("legacy", scale_attn_by_inverse_layer_idx=True, scale_attn_weights=False, n_inner=96),
    "gpt_bigcode": t("legacy"),
    "gpt_bigcode:mha": t("legacy", multi_query=False),
    "gpt_neo": t("legacy", num_layers=4, attention_types=[[["global", "local"], 2]]),
    "gpt_neox": t("legacy"),
    "gpt_neox:sequential": t("legacy", use_parallel_residual=False, attention_bias=False,
                             rope_parameters=rope("linear", factor=4.0, partial_rotary_factor=0.5)),
    "gpt_neox_japanese": t("legacy"),
    "gptj": t("legacy", rotary_dim=8),
    "mpt": t("legacy", attn_config={"alibi": True, "clip_qkv": 1.5}),
    "mpt:12heads": t("legacy", n_heads=12, d_model=96, attn_config={"alibi": True, "softmax_scale": 0.2}),
    "openai-gpt": t("legacy"),
    "opt": t("legacy", word_embed_proj_dim=32),
    "opt:125m": t("legacy", word_embed_proj_dim=64),
    "opt:350m": t("legacy", word_embed_proj_dim=32, do_layer_norm_before=False),
    "opt:plain": t("legacy", word_embed_proj_dim=64, enable_bias=False, layer_norm_elementwise_affine=False),
    "xglm": t("legacy"),
    "ctrl": t("legacy"),
    # --- encoders run as causal decoders, decoders of encoder-decoder models (cross attention idle)
    **{name: t("encoder") for name in (
        "bert", "bert-generation", "camembert", "data2vec-text", "electra", "ernie", "megatron-bert",
        "rembert", "roberta", "roberta-prelayernorm", "roformer", "xlm-roberta", "xlm-roberta-xl")},
    "big_bird": t("encoder", attention_type="original_full"),
    "roc_bert": t("encoder", shape_vocab_size=64, pronunciation_vocab_size=64, shape_embed_dim=16,
                  pronunciation_embed_dim=16),
    "xmod": t("encoder", default_language="en_XX"),
    **{name: t("seq2seq-dec") for name in (
        "bart", "bigbird_pegasus", "blenderbot", "blenderbot-small", "marian", "mbart", "mvp", "pegasus", "plbart",
        "prophetnet", "trocr", "whisper")},
}

# Vision-language models with an `image` variant: layout of the pixels, and how many tokens the image becomes.
# square: [1, 3, 32, 32]; tiles: [1, 1, 3, 32, 32]; grid: one row per 8 x 8 patch, with image_grid_thw.
MROPE = {**rope(), "mrope_section": [4, 2, 2]}
IMAGE = {"aya_vision": ("square", 4), "gemma3": ("square", 4), "internvl": ("square", 4), "llava": ("square", 16),
         "mistral3": ("square", 4), "paligemma": ("square", 16), "idefics3": ("tiles", 4), "smolvlm": ("tiles", 4),
         "qwen2_vl": ("grid", 4), "qwen2_5_vl": ("grid", 4), "qwen3_vl": ("grid", 4), "qwen3_vl_moe": ("grid", 4),
         "qwen3_5": ("grid", 4), "qwen3_5_moe": ("grid", 4), "glm4v": ("grid", 4), "minimax_m3_vl": ("grid", 4)}
TYPES |= {name: t("vlm") for name in IMAGE}
TYPES |= {name: t("vlm") for name in ("emu3", "fuyu", "gemma4_unified", "git", "got_ocr2", "llama4", "mllama",
                                      "moss_transcribe_diarize", "qwen4_exp")}  # text side only
TYPES |= {name: t("legacy") for name in ("cpmant", "gpt-sw3", "xlm", "xlnet")}
TYPES |= {
    "gemma3": t("vlm", text_config=layers("ssf")),
    "gemma4": t("vlm", text_config=TYPES["gemma4_text"][1]),
    "glm4v": t("vlm", text_config={"rope_parameters": {**rope(partial_rotary_factor=0.5), "mrope_section": [2, 1, 1]}}),
    "qwen2_vl": t("vlm", text_config={"rope_parameters": MROPE}),
    "qwen2_5_vl": t("vlm", text_config={"rope_parameters": MROPE}, vision_config={"window_size": 16}),
    "qwen3_vl": t("vlm", text_config={"rope_parameters": MROPE}),
    "qwen3_vl_moe": t("vlm", text_config={"rope_parameters": MROPE}),
    "qwen3_5": t("vlm", text_config={"layer_types": kinds("llf"), "rope_parameters": {
        **rope(partial_rotary_factor=0.5), "mrope_section": [2, 1, 1]}}),
    "qwen3_5_moe": t("vlm", text_config={"layer_types": kinds("llf"), "rope_parameters": {
        **rope(partial_rotary_factor=0.5), "mrope_section": [2, 1, 1]}}),
}

NOT_BUILT = {
    "blt": "byte patches, hash embeddings",
    "dots3_note": "take dots3_note_text: the composite insists on per-layer overrides for 46 layers",
    "gemma3n": "needs timm and pillow",
    "gemma4_assistant": "speculative drafter, needs its target's states",
    "gemma4_unified_assistant": "speculative drafter, needs its target's states",
    "moshi": "audio decoder",
    "musicgen": "audio decoder",
    "musicgen_melody": "audio decoder",
    "phi4_multimodal": "vision and audio towers too large to shrink by config",
    "reformer": "LSH attention is random",
}


SDPA = {"falcon"}  # eager attention is not what the model is: with ALiBi, Falcon's adds the biases twice


def base_type(name):
    return name.split(":")[0]


def tag_of(name):
    return TYPES[name][0] if name in TYPES else "other"


def known_names():
    return sorted(set(TYPES) | set(CAUSAL_LM))


def merge(base, more):
    """Recursive dict update; a rope_parameters dict is replaced as a whole."""
    out = dict(base)
    for key, value in more.items():
        deep = isinstance(value, dict) and isinstance(out.get(key), dict) and key != "rope_parameters"
        out[key] = merge(out[key], value) if deep else value
    return out


def generic_overrides(defaults):
    """GENERIC, for the keys this config (and each nested config) really has."""
    out = {}
    for key, default in defaults.items():
        if isinstance(default, dict) and "model_type" in default:
            out[key] = generic_overrides(default)
            if default["model_type"]:
                out[key]["model_type"] = default["model_type"]
        elif "qk_rope_head_dim" in defaults and key in ("head_dim", "num_key_value_heads"):
            out |= {"num_key_value_heads": 4} if key == "num_key_value_heads" else {}  # latent attention has no GQA
        elif key in GENERIC and not (key in IF_SET and not default):
            out[key] = GENERIC[key]
    return out


def tiny_config(name, settings=()):
    """The tiny config of `name` (model_type or model_type:variant) with `settings` ("a.b=json") on top."""
    config_class = CONFIG_MAPPING[base_type(name)]
    overrides = generic_overrides(config_class().to_dict())
    overrides = merge(overrides, TYPES[name][1] if name in TYPES else {})
    for setting in settings:
        path, _, text = setting.partition("=")
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            value = text
        for key in reversed(path.split(".")):
            value = {key: value}
        overrides = merge(overrides, value)
    return config_class(**overrides)
