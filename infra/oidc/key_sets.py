"""The public keys of whoever signs, as they stand at an address: kept a while, and asked for anew for one that is unknown.

Anybody can send a token with an unknown key: so it is asked for once in a while, not once for each.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, OctKey

from infra.oidc.asking import Asking, ProviderAway
from infra.oidc.checking import InvalidToken

OLD_SECONDS: Final = 600.0  # a key that was taken away counts no longer than this
AGAIN_SECONDS: Final = 10.0  # between two questions; a new key is known within this


class KeySets:
    """The keys at one address."""

    def __init__(
        self,
        asking: Asking,
        find_address: Callable[[], Awaitable[str]],
        monotonic: Callable[[], float],
    ) -> None:
        self._asking, self._find_address, self._monotonic = asking, find_address, monotonic
        self._keys: list[Key] = []
        self._read_at = self._asked_at = -1e9
        self._alone = asyncio.Lock()
        self.asked = 0  # how often

    async def find(self, kid: str | None) -> Key:
        """The key of this name. Raises InvalidToken when there is none, ProviderAway when nobody says so."""
        found = self._known(kid)
        if found is not None and self._monotonic() - self._read_at < OLD_SECONDS:
            return found
        async with self._alone:
            if self._monotonic() - self._asked_at >= AGAIN_SECONDS:
                await self._read(keep=found is not None)
        found = self._known(kid)
        if found is None:
            raise InvalidToken("kid: no key of this name")
        return found

    def age(self, seconds: float) -> None:
        """Take what was read and asked for as older by so much."""
        self._read_at -= seconds
        self._asked_at -= seconds

    def _known(self, kid: str | None) -> Key | None:
        if kid is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.kid == kid), None)

    async def _read(self, *, keep: bool) -> None:
        """Read the keys. While the provider is away those that are known count on: all that they signed still ends by itself."""
        self._asked_at = self._monotonic()
        self.asked += 1
        try:
            answer = await self._asking.get(await self._find_address())
            if answer.status != 200:
                raise ProviderAway(f"keys: status {answer.status}")
            self._keys = to_keys(answer.fields)
        except ProviderAway:
            if not keep:
                raise
            return
        self._read_at = self._monotonic()


def to_keys(said: dict[str, object]) -> list[Key]:
    """The keys that check signatures; a shared secret is none of them. Raises ProviderAway."""
    listed = said.get("keys")
    signing = [
        one
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict) and one.get("use", "sig") == "sig"
    ]
    try:
        found = KeySet.import_key_set({"keys": signing}).keys
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ProviderAway(f"keys: {type(error).__name__}") from None
    return [key for key in found if not isinstance(key, OctKey)]
