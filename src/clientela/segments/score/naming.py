"""Names of segments, from the keys that a segmentation stores."""

from clientela.i18n import Lang, t

GROUP = "group."


def segment_name(key: str, lang: Lang) -> str:
    """Give the name of a segment.

    Examples
    --------
    >>> segment_name("champions", "pt_BR"), segment_name("group.3", "en")
    ('Campeões', 'Group 3')
    """
    if key.startswith(GROUP):
        return t("segment.group", lang, number=key.removeprefix(GROUP))
    return t(f"segment.{key}", lang)
