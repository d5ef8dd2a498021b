"""Makes the site's tables, tells its OpenID Connect provider about Regain, and adds people where a load wants some."""

import os

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

from allauth.account.models import EmailAddress  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402

people = int(os.environ.get("SITE_PEOPLE", "0"))
hashed = make_password("velvet-Otter-crossing-41") if people else ""
for number in range(people):
    email = f"mara{number}@mail.example"
    user = User.objects.create(username=f"mara{number}", email=email, password=hashed)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
