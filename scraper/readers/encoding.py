"""Which encoding a page is in: byte order mark, then header, then meta, then UTF-8 where valid, else windows-1252.

Labels and their meaning follow the WHATWG Encoding Standard; a label that is not listed is ignored.
"""

import codecs
import re

BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_META = re.compile(rb"<meta\s[^>]*?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.+-]{1,40})", re.IGNORECASE)
_PRESCAN = 4096
_NOT_MARKUP = re.compile(rb"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1|\Z)", re.IGNORECASE | re.DOTALL)
_NO_MARKUP_BEGINS = re.compile(rb"<(?:!--|script\b|style\b)", re.IGNORECASE)
_LABELS = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 x-unicode20utf8",
    "cp1252": "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 latin1 latin-1 l1 ascii us-ascii "
    "cp819 ibm819 x-user-defined",
    "iso8859-2": "iso-8859-2 iso8859-2 latin2 l2",
    "iso8859-5": "iso-8859-5 iso8859-5 cyrillic",
    "iso8859-7": "iso-8859-7 iso8859-7 greek",
    "iso8859-15": "iso-8859-15 iso8859-15 latin9 l9",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251",
    "cp1253": "windows-1253 cp1253",
    "cp1254": "windows-1254 cp1254 iso-8859-9 latin5",
    "cp1255": "windows-1255 cp1255",
    "cp1256": "windows-1256 cp1256",
    "cp1257": "windows-1257 cp1257",
    "cp1258": "windows-1258 cp1258",
    "cp874": "windows-874 iso-8859-11 tis-620",
    "koi8-r": "koi8-r koi8 koi",
    "koi8-u": "koi8-u koi8-ru",
    "mac-roman": "macintosh x-mac-roman mac",
    "gb18030": "gb18030 gbk gb2312 chinese x-gbk gb_2312-80",
    "big5hkscs": "big5 big5-hkscs cn-big5 x-x-big5",
    "euc_jp": "euc-jp x-euc-jp",
    "cp932": "shift_jis shift-jis sjis ms_kanji windows-31j x-sjis",
    "iso2022_jp": "iso-2022-jp",
    "cp949": "euc-kr ks_c_5601-1987 korean windows-949 ksc5601",
    "utf-16-le": "utf-16 utf-16le unicode ucs-2",
    "utf-16-be": "utf-16be",
}
CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}


def detect(body: bytes, charset: str, html: bool) -> str:
    """The Python codec of a page; `charset` is the label of a header, empty where there is none."""
    if body.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if body.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if body.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    if codec := CODECS.get(charset.strip().lower()):
        return codec
    if html and (match := _declaration(body[:_PRESCAN])):
        codec = CODECS.get(match[1].decode("ascii").lower(), "")
        if codec:
            return "utf-8" if codec.startswith("utf-16") else codec
    return "utf-8" if is_utf8(body) else "cp1252"


def _declaration(head: bytes) -> re.Match[bytes] | None:
    """The first meta element that names an encoding, none in a comment, script or style; these are looked at only where one
    begins before it."""
    match = _META.search(head)
    end = match.end() + len("<script>") if match else len(head)
    return _META.search(_NOT_MARKUP.sub(b"", head)) if _NO_MARKUP_BEGINS.search(head, 0, end) else match


def is_utf8(body: bytes) -> bool:
    """Whether all bytes are valid UTF-8."""
    if body.isascii():
        return True
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def sniff(body: bytes, charset: str, html: bool) -> tuple[str, int]:
    """The text of a page and the number of characters that stand for undecodable bytes."""
    codec = detect(body, charset, html)
    text = body.decode(codec, errors="replace").removeprefix("\ufeff")
    return text, text.count("\ufffd")
