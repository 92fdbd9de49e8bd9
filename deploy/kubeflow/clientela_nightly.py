"""A Kubeflow pipeline: the run, then the monitoring, on the volume of deploy/kubernetes.

``python clientela_nightly.py`` compiles it beside itself (needs kfp and kfp-kubernetes); with
``--check`` it only says whether what stands there is current. The inbox makes it idempotent.
Kubeflow tries a failed task again without asking why: a wrong file fails three times and changes
nothing.
"""

import hashlib
import sys
import tempfile
from pathlib import Path

from kfp import compiler, dsl, kubernetes

HERE = Path(__file__)
COMPILED = HERE.with_suffix(".yaml")
IMAGE = "registry.example.com/clientela-run:0.2.0"
HOUR_SECONDS = 3600


@dsl.container_component
def run(inbox: str) -> dsl.ContainerSpec:
    """Take the files of the inbox and publish."""
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["clientela"],
        args=["run", "--inbox", inbox, "--workspace", "/data/clientela-data", "--json"],
    )


@dsl.container_component
def monitor() -> dsl.ContainerSpec:
    """Look at what is unusual and send it."""
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["clientela"],
        args=["monitor", "--send", "--workspace", "/data/clientela-data", "--json"],
    )


@dsl.pipeline(name="clientela-nightly", description="Read the inbox, publish, monitor")
def clientela_nightly(inbox: str = "/data/inbox") -> None:
    """Run, then monitor; a run is never taken from a cache."""
    first = run(inbox=inbox)
    second = monitor().after(first)
    first.set_cpu_request("1").set_memory_request("2Gi").set_memory_limit("4Gi")
    first.set_retry(num_retries=2, backoff_duration="600s", backoff_factor=1.0)
    for task in (first, second):
        task.set_caching_options(enable_caching=False)
        kubernetes.mount_pvc(task, pvc_name="clientela-data", mount_path="/data")
        kubernetes.use_secret_as_env(
            task,
            secret_name="clientela",  # noqa: S106 - a name
            secret_key_to_env={"CLIENTELA_STORE_PASSWORD": "CLIENTELA_STORE_PASSWORD"},
            optional=True,
        )
        kubernetes.set_timeout(task, 4 * HOUR_SECONDS)


def compile_pipeline() -> str:
    """Compile the pipeline and return the file's text, the hash of this source above it."""
    digest = hashlib.sha256(HERE.read_bytes()).hexdigest()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / COMPILED.name
        compiler.Compiler().compile(clientela_nightly, str(target))
        compiled = target.read_text("utf-8")
    return f"# Compiled from {HERE.name}, sha256 {digest}\n{compiled}"


def main() -> int:
    """Write the compiled file, or check it; 1 where it is stale."""
    text = compile_pipeline()
    if "--check" in sys.argv:
        return int(text != COMPILED.read_text("utf-8"))
    COMPILED.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
