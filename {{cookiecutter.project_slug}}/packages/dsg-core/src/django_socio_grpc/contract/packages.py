"""The proto package of an app: the first part of every full name in its contract."""

from django_socio_grpc.app_folders import project_name
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.schema.names import is_identifier
from django_socio_grpc.settings import grpc_settings

SETTING = "GRPC_FRAMEWORK['PROTO_PACKAGE']"


def package_of(app_label: str, project: str = "") -> str:
    """Return the package of an app that has no contract yet, as PROTO_PACKAGE says.

    ``project`` goes before the app's label instead.

    Raises:
        ConfigurationError: the setting does not give a package.
    """
    if project:
        return _checked(f"{project}.{app_label}", f"--project is {project!r}, which makes")
    template = grpc_settings.PROTO_PACKAGE
    try:
        package = template.format(app=app_label, project=project_name())
    except (LookupError, ValueError) as exc:
        raise ConfigurationError(
            f"{SETTING} is {template!r}, which cannot be filled in ({exc}). "
            "Use {app} and {project} only."
        ) from exc
    return _checked(package, f"{SETTING} is {template!r}, which makes")


def _checked(package: str, says: str) -> str:
    if all(map(is_identifier, package.split("."))):
        return package
    raise ConfigurationError(
        f"{says} {package!r}, and that is no package. Each part between dots must be of ASCII "
        "letters, digits and underscores."
    )
