"""What deploys the project: its files say the same, and their linters find nothing."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.template.run import make

BIN = Path(sys.prefix, "bin")
UID = 10001
LAST_SECONDS = 5
"""Seconds that a process may take beyond its grace."""

Document = dict[str, Any]


def documents(project: Path) -> list[Document]:
    """Every manifest."""
    files = sorted((project / "deploy" / "kubernetes").glob("*.yaml"))
    return [found for file in files for found in yaml.safe_load_all(file.read_text())]


def manifest(project: Path, kind: str) -> Document:
    (found,) = [document for document in documents(project) if document["kind"] == kind]
    return found


def pods(project: Path) -> list[Document]:
    return [manifest(project, kind)["spec"]["template"]["spec"] for kind in ("Deployment", "Job")]


def server(project: Path) -> Document:
    (container,) = pods(project)[0]["containers"]
    return dict(container)


def compose(project: Path) -> Document:
    return dict(yaml.safe_load((project / "compose.yaml").read_text()))


def variables(project: Path) -> dict[str, str]:
    """What .env.example has: each variable with the value for development."""
    text = (project / ".env.example").read_text()
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def dockerfile(project: Path) -> str:
    return (project / "Dockerfile").read_text()


def test_the_manifests_are_what_kubernetes_takes(project: Path) -> None:
    files = sorted((project / "deploy" / "kubernetes").glob("*.yaml"))
    assert len(files) >= 5
    for version in ("1.30", "1.34"):
        result = subprocess.run(
            [BIN / "kubernetes-validate", "--strict", "--quiet", "-k", version, *files],
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stdout + result.stderr


def test_one_port(project: Path) -> None:
    (exposed,) = re.findall(r"^EXPOSE (\d+)$", dockerfile(project), re.MULTILINE)
    port = int(exposed)
    container = server(project)
    assert container["ports"][0]["containerPort"] == port
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["grpc"]["port"] == port
    assert manifest(project, "Service")["spec"]["ports"][0]["port"] == port
    policy = manifest(project, "NetworkPolicy")["spec"]
    given = manifest(project, "ConfigMap")["data"]
    assert given["GRPC_PORT"] == exposed
    metrics = int(given["GRPC_METRICS_PORT"])
    assert [item["containerPort"] for item in container["ports"]] == [port, metrics]
    assert [rule["ports"] for rule in policy["ingress"]] == [[{"port": port}], [{"port": metrics}]]
    assert variables(project)["GRPC_PORT"] == exposed
    assert compose(project)["services"]["server"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f'CMD ["grpcrunaioserver", "[::]:{port}"]' in dockerfile(project)
    assert f"port_value: {port}}}" in (project / "deploy/envoy/envoy.yaml").read_text()
    assert f"server-1:{port}" in (project / "deploy/nginx/nginx.conf").read_text()


def test_one_user_who_is_not_root(project: Path) -> None:
    assert f"\nUSER {UID}:{UID}\n" in dockerfile(project)
    for pod in pods(project):
        context = pod["securityContext"]
        assert context["runAsNonRoot"] is True
        assert (context["runAsUser"], context["runAsGroup"]) == (UID, UID)
    assert compose(project)["services"]["envoy"]["user"] == f"{UID}:{UID}"


def test_a_pod_has_no_more_than_it_needs(project: Path) -> None:
    for pod in pods(project):
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
            assert "memory" in container["resources"]["limits"]
            (mount,) = container["volumeMounts"]
            assert mount["mountPath"] == "/tmp"
        (volume,) = pod["volumes"]
        assert "sizeLimit" in volume["emptyDir"]


@pytest.mark.parametrize("name", ["server", "replica", "migrate", "envoy"])
def test_a_container_has_no_more_than_it_needs(project: Path, name: str) -> None:
    service = compose(project)["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"] == ["/tmp"]


def test_calls_under_way_end_before_the_process_is_killed(project: Path) -> None:
    given = manifest(project, "ConfigMap")["data"]
    grace, delay = int(given["GRPC_SHUTDOWN_GRACE"]), int(given["GRPC_SHUTDOWN_DELAY"])
    assert grace == int(variables(project)["GRPC_SHUTDOWN_GRACE"])
    pause = server(project)["lifecycle"]["preStop"]["sleep"]["seconds"]
    patience = pods(project)[0]["terminationGracePeriodSeconds"]
    assert pause + delay + grace + LAST_SECONDS <= patience
    for name in ("server", "replica"):
        patience = seconds(compose(project)["services"][name]["stop_grace_period"])
        assert grace + LAST_SECONDS <= patience
    # Envoy has seen by then that the server is not ready.
    envoy = yaml.safe_load((project / "deploy/envoy/envoy.yaml").read_text())
    (check,) = envoy["static_resources"]["clusters"][0]["health_checks"]
    assert seconds(check["interval"]) * check["unhealthy_threshold"] < delay


def test_alive_is_not_ready(project: Path) -> None:
    container = server(project)
    assert container["readinessProbe"]["grpc"].get("service", "") == ""
    assert container["livenessProbe"]["grpc"]["service"] == "liveness"
    assert container["startupProbe"]["grpc"]["service"] == "liveness"
    patience = {
        name: container[name]["periodSeconds"] * container[name]["failureThreshold"]
        for name in ("readinessProbe", "livenessProbe")
    }
    assert patience["readinessProbe"] < patience["livenessProbe"]


def test_every_variable_that_is_given_is_one_that_is_read(project: Path) -> None:
    known = variables(project)
    given = manifest(project, "ConfigMap")["data"]
    secret = manifest(project, "Secret")["stringData"]
    assert given.keys() <= known.keys()
    assert {"SECRET_KEY", "DATABASE_URL"} <= secret.keys() <= known.keys()
    assert not given.keys() & secret.keys()
    assert given["DEBUG"] == "false"
    # As they are: a server refuses them.
    assert secret["SECRET_KEY"] == known["SECRET_KEY"]


def test_the_migration_runs_in_the_image_of_the_servers(project: Path) -> None:
    (migration,) = pods(project)[1]["containers"]
    assert migration["image"] == server(project)["image"] == f"{project.name}:aio"
    assert migration["envFrom"] == server(project)["envFrom"]
    entrypoint = compose(project)["services"]["migrate"]["entrypoint"]
    assert migration["command"] == entrypoint == ["python", "-m", "config.migrate"]


def test_the_labels_lead_to_the_pods(project: Path) -> None:
    labels = manifest(project, "Deployment")["spec"]["template"]["metadata"]["labels"]
    selectors = [
        manifest(project, "Deployment")["spec"]["selector"]["matchLabels"],
        manifest(project, "Service")["spec"]["selector"],
        manifest(project, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        manifest(project, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
    ]
    assert all(selector and selector.items() <= labels.items() for selector in selectors)
    target = manifest(project, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert target["name"] == manifest(project, "Deployment")["metadata"]["name"]
    assert manifest(project, "Service")["spec"]["clusterIP"] == "None"
    # The autoscaler says how many: a number here would undo that at each roll-out.
    assert "replicas" not in manifest(project, "Deployment")["spec"]


def test_images_of_others_are_pinned_by_digest(project: Path) -> None:
    images = [
        service["image"] for service in compose(project)["services"].values() if "image" in service
    ]
    assert len(images) == 2
    assert all(re.search(r":[\w.-]+@sha256:[0-9a-f]{64}$", image) for image in images)


def test_a_key_of_this_project_is_found_by_the_linters(copy: Path) -> None:
    key = f"grpc_live_{'aB3dE5gH7j'}_{'k9M1pQ3sT5vW7yZ2' * 3}x"
    (copy / "questions" / "notes.txt").write_text(f"The key is {key}.\n")
    result = make(copy, "secrets")
    assert result.returncode != 0
    assert "questions/notes.txt" in result.stdout
    assert key not in result.stdout + result.stderr
    (copy / "questions" / "notes.txt").unlink()
    assert make(copy, "secrets").returncode == 0
