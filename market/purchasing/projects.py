"""Which two engagements are for the same project."""

import unicodedata

import msgspec


class OwnersProject(msgspec.Struct, frozen=True):
    """A project by its owner and the name that the owner gives it: nothing else is recorded."""

    owner: str
    name: str

    @property
    def key(self) -> str:
        """The same for two ways of writing one name: spaces, case and full width do not count.

        Another name is another project; nobody can tell from here that it is not.
        """
        plain = "".join(unicodedata.normalize("NFKC", self.name).casefold().split())
        return f"{self.owner} {plain}"
