"""The examples of packaging/container/, read strictly, and the compose service as options of
podman."""

import pathlib
import sys

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's packages, whichever python3 this is

import yaml  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "container"


class StrictLoader(yaml.SafeLoader):
    """Refuses duplicate keys, of which other loaders silently take the last."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, "twice: %s" % twice,
                                                    node.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml(path):
    with open(path, encoding="utf-8") as f:
        return [document for document in yaml.load_all(f, StrictLoader) if document is not None]


def compose():
    return read_yaml(FOLDER / "compose.yaml")[0]


def podman_options(service, volumes, secrets):
    """The service as arguments of `podman run`, without its ports and environment, which a test has
    to change. `volumes` and `secrets` map the names of the example to what is mounted for them.
    Anything unknown is an error."""
    service = dict(service)
    for elsewhere in ("image", "environment", "ports", "restart", "stop_grace_period"):
        service.pop(elsewhere)
    options = ["--user", service.pop("user"),
               "--read-only=%s" % str(service.pop("read_only")).lower()]
    options += [part for name in service.pop("cap_drop") for part in ("--cap-drop", name)]
    options += [part for name in service.pop("security_opt") for part in ("--security-opt", name)]
    for volume in service.pop("volumes"):
        name, place = volume.split(":", 1)
        options += ["--volume", "%s:%s" % (volumes[name], place)]
    for name in service.pop("secrets"):
        options += ["--volume", "%s:/run/secrets/%s:ro" % (secrets[name], name)]
    assert not service, "not understood: %s" % list(service)
    return options
