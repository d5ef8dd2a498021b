"""Makes the site's tables, and tells its OpenID Connect provider about Regain."""

import django
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)

from allauth.idp.oidc.models import Client  # noqa: E402

Client.objects.create(
    id="regain-desktop",
    name="Regain",
    type=Client.Type.PUBLIC,
    grant_types="\n".join([Client.GrantType.DEVICE_CODE, Client.GrantType.REFRESH_TOKEN]),
    scopes="openid\nemail",
)
