"""What bench/compare.py trains: models by their configuration, and the layers that adapters stand beside."""

CASES = {
    # SmolLM2-135M's shape
    "dense-135m": (
        "llama",
        dict(
            vocab_size=49152,
            hidden_size=576,
            intermediate_size=1536,
            num_hidden_layers=30,
            num_attention_heads=9,
            num_key_value_heads=3,
            head_dim=64,
            max_position_embeddings=8192,
            rms_norm_eps=1e-5,
            tie_word_embeddings=True,
            rope_parameters=dict(rope_type="default", rope_theta=100000.0),
        ),
    ),
    # Qwen3-0.6B with 4 of its 28 layers: a head of 152 thousand rows
    "dense-152k": (
        "qwen3",
        dict(
            vocab_size=151936,
            hidden_size=1024,
            intermediate_size=3072,
            num_hidden_layers=4,
            num_attention_heads=16,
            num_key_value_heads=8,
            head_dim=128,
            max_position_embeddings=40960,
            tie_word_embeddings=True,
            rope_parameters=dict(rope_type="default", rope_theta=1e6),
        ),
    ),
    # wider and less deep: bigger matrices, a small vocabulary
    "dense-96m-wide": (
        "llama",
        dict(
            vocab_size=8192,
            hidden_size=1024,
            intermediate_size=4096,
            num_hidden_layers=5,
            num_attention_heads=16,
            num_key_value_heads=8,
            head_dim=64,
            max_position_embeddings=8192,
            tie_word_embeddings=False,
            rope_parameters=dict(rope_type="default", rope_theta=10000.0),
        ),
    ),
    # many narrow experts
    "qwen3moe-378m": (
        "qwen3_moe",
        dict(
            vocab_size=32000,
            hidden_size=1024,
            intermediate_size=3072,
            num_hidden_layers=4,
            num_attention_heads=16,
            num_key_value_heads=4,
            head_dim=64,
            num_experts=64,
            num_experts_per_tok=8,
            moe_intermediate_size=384,
            norm_topk_prob=True,
            rope_parameters=dict(rope_type="default", rope_theta=1e6),
        ),
    ),
    # one layer of Qwen3-30B-A3B, a small vocabulary
    "qwen3moe-30b-layer": (
        "qwen3_moe",
        dict(
            vocab_size=8192,
            hidden_size=2048,
            intermediate_size=6144,
            num_hidden_layers=1,
            num_attention_heads=32,
            num_key_value_heads=4,
            head_dim=128,
            num_experts=128,
            num_experts_per_tok=8,
            moe_intermediate_size=768,
            norm_topk_prob=True,
            rope_parameters=dict(rope_type="default", rope_theta=1e6),
        ),
    ),
    # GPT-OSS-20B's layers at half width: sinks, one window of 128 tokens
    "gptoss-small": (
        "gpt_oss",
        dict(
            vocab_size=16384,
            hidden_size=1440,
            intermediate_size=1440,
            num_hidden_layers=2,
            num_attention_heads=32,
            num_key_value_heads=4,
            head_dim=64,
            num_local_experts=32,
            num_experts_per_tok=4,
            sliding_window=128,
            layer_types=["sliding_attention", "full_attention"],
        ),
    ),
    # DeepSeek-V3's architecture and head widths, the first layer dense
    "deepseekv3-small": (
        "deepseek_v3",
        dict(
            vocab_size=32000,
            hidden_size=1024,
            intermediate_size=4096,
            moe_intermediate_size=384,
            num_hidden_layers=4,
            num_attention_heads=16,
            num_key_value_heads=16,
            n_shared_experts=1,
            n_routed_experts=64,
            num_experts_per_tok=6,
            n_group=8,
            topk_group=4,
            routed_scaling_factor=2.5,
            first_k_dense_replace=1,
            norm_topk_prob=True,
            q_lora_rank=512,
            kv_lora_rank=256,
            qk_nope_head_dim=128,
            qk_rope_head_dim=64,
            v_head_dim=128,
            max_position_embeddings=4096,
            rope_parameters=dict(rope_type="default", rope_theta=10000.0),
        ),
    ),
}
ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
MLP = ["gate_proj", "up_proj", "down_proj"]
EXPERTS = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]
# Mode -> linear layers, and stacks of all experts' weights, by the ends of their names in Transformers.
TARGETS = {
    "lora-attention": (ATTENTION, []),
    "lora-all": (ATTENTION + MLP, []),
    "lora-experts": (ATTENTION, EXPERTS),
}
MODES = ["full", *TARGETS]


def modes_of(case: str) -> list[str]:
    """What there is to compare; a checkpoint's folder counts as a model without experts."""
    keys = CASES.get(case, ("", {}))[1]
    return ["full", "lora-attention", "lora-experts" if any("experts" in key for key in keys) else "lora-all"]
