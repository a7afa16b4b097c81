"""How the hub's client goes through networks: redirects, cut and silent connections, proxies, certificates, tokens."""

import pytest
from hub_client import FILES, WEIGHTS, assert_refused, environment, hub, run  # noqa: F401
from hub_server import CERTIFICATE, TOKEN, Fault, Hub


def authorized(hub):
    return {"/".join(entry["path"].split("/")[:2]) for entry in hub.log if "authorization" in entry["headers"]}


def test_the_token_goes_to_the_hub_alone(hub, run):
    assert run("download", "org/tiny", HF_TOKEN=TOKEN).returncode == 0
    assert authorized(hub) == {"/api", "/org"}
    contents = [entry for entry in hub.log if entry["path"].startswith("/content/")]
    assert contents and all(f":{entry['port']}" in hub.content_url for entry in contents)


@pytest.mark.parametrize("status", [403, 503])
def test_errors_hide_signatures_and_tokens(hub, run, status):
    hub.faults = {"/content/": [Fault(status, {"Retry-After": "4000"})]}
    done = run("download", "org/tiny", HF_TOKEN=TOKEN)  # run() looks for them
    assert f"{hub.content_url}/content/" in done.stderr


def test_a_cut_connection_goes_on(hub, run):
    hub.faults = {"/content/": [Fault(cut=400_000), Fault(cut=0)]}
    done = run("download", "org/tiny")
    assert done.returncode == 0, done.stderr
    ranges = [entry["headers"].get("range") for entry in hub.log if "/content/" in entry["path"]]
    assert ranges == [None, "bytes=400000-", "bytes=400000-"]
    assert done.stderr.count("model.safetensors: ") == 2 and "; again in 1 s\n" in done.stderr


def test_a_silent_server_is_given_up(hub, run):
    hub.faults = {"/revision/": [Fault(stall=5)]}
    done = run("download", "org/tiny", HF_HUB_DOWNLOAD_TIMEOUT="1")
    assert done.returncode == 0, done.stderr
    assert "org/tiny: Operation too slow" in done.stderr


def test_unknown_host(run):
    assert_refused(run("download", "org/tiny", HF_ENDPOINT="http://me:secret@hub.invalid"),
                   "from http://hub.invalid/api/models/org/tiny/revision/main: Could not resolve host: hub.invalid. "
                   "Check the connection, HTTPS_PROXY and HF_ENDPOINT", code=1)


def test_redirects_end(hub, run):
    hub.faults = {"/revision/": [Fault(302, {"Location": "/api/models/org/tiny/revision/main"})] * 11}
    assert_refused(run("download", "org/tiny"), "leads from one address to the next more than 10 times")
    hub.faults = {"/revision/": [Fault(302, {"Location": "ftp://host/x"})]}
    assert_refused(run("download", "org/tiny"), "Protocol \"ftp\"", code=1)
    hub.faults = {"/revision/": [Fault(302)]}
    assert_refused(run("download", "org/tiny"), "leads to an address that is none: ''")


def test_proxies(hub, run):
    at = hub.url.removeprefix("http://")
    done = run("download", "org/tiny", HF_ENDPOINT="http://hub.invalid", http_proxy=f"http://me:{TOKEN}@{at}")
    assert done.returncode == 0, done.stderr
    assert hub.log[0]["address"].startswith("http://hub.invalid/api/models/org/tiny")
    assert run("download", "org/tiny", http_proxy="http://proxy.invalid", no_proxy="127.0.0.1").returncode == 0
    assert_refused(run("download", "org/tiny", http_proxy=f"http://me:{TOKEN}@proxy.invalid"),
                   "Could not resolve proxy: proxy.invalid", code=1)


def test_certificates(automodel, tmp_path):
    with Hub(encrypted=True) as hub:
        hub.add("org/tiny", FILES)
        done = automodel("download", "org/tiny", env=environment(hub, tmp_path))
        assert_refused(done, "SSL certificate problem", code=1)
        trusting = environment(hub, tmp_path, SSL_CERT_FILE=str(CERTIFICATE))
        done = automodel("download", "org/tiny", "config.json", env=trusting)
        assert done.returncode == 0, done.stderr
        done = automodel("download", "org/tiny", env=trusting)
        assert_refused(done, f"leads to {hub.content_url}/content/")
        assert "which is not encrypted; this is not followed" in done.stderr
    assert WEIGHTS not in [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
