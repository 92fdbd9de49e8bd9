"""The grammar of delimited text: RFC 4180, read leniently.

A quote opens a quoted field only where a field starts; a doubled quote inside it is one quote;
quotes elsewhere are letters like any other, so that ``12" RULER`` is a value. Lines end in LF, CRLF
or CR, and blank ones are no records.
"""

import re
from dataclasses import dataclass
from functools import cached_property

NAMES = {b",": "comma", b";": "semicolon", b"\t": "tab", b"|": "bar"}


@dataclass(frozen=True)
class Dialect:
    """How a text file separates its fields: the patterns of one delimiter, over UTF-8 bytes.

    Parameters
    ----------
    delimiter : bytes
        One ASCII character.
    quoting : bool
        Whether quotes mean anything.
    blanks : bool
        Whether runs of blanks separate, each made one delimiter before.
    header : bool
        Whether names come first.
    cuts : tuple of int
        Where the columns of a fixed width begin, in letters; each is made a delimiter before.
    """

    delimiter: bytes
    quoting: bool = True
    blanks: bool = False
    header: bool = True
    cuts: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The delimiter in words."""
        if self.cuts:
            return "fixed width"
        return "blanks" if self.blanks else NAMES.get(self.delimiter, self.delimiter.decode())

    def field_end(self, data: bytes, at: int) -> int:
        """Find the end of the field that starts at a place; -1 where its quote is not closed.

        What follows a closing quote belongs to the field.
        """
        return _end(self._field_pattern.match(data, at))

    def record_end(self, data: bytes, at: int) -> int:
        """Find the end of the record, line end included, from where a field starts; or -1."""
        return _end(self._record_pattern.match(data, at))

    def rest_end(self, data: bytes, at: int) -> int:
        """Find the end of the record, line end included, from inside an unquoted field; or -1."""
        return _end(self._rest_pattern.match(data, at))

    def unquoted_end(self, data: bytes, at: int) -> int:
        """Find the end of the unquoted field a place is in."""
        return _end(self._unquoted_pattern.match(data, at))

    def quote_end(self, data: bytes, at: int) -> int:
        """Find the end of the quoted field a place is in, its closing quote included; or -1."""
        return _end(_QUOTED.match(data, at))

    @cached_property
    def _field_pattern(self) -> re.Pattern[bytes]:
        return re.compile(self._field)

    @cached_property
    def _record_pattern(self) -> re.Pattern[bytes]:
        return re.compile(b"(?:%b)%b" % (self._field, self._more_fields))

    @cached_property
    def _rest_pattern(self) -> re.Pattern[bytes]:
        return re.compile(self._plain_field + self._more_fields)

    @cached_property
    def _unquoted_pattern(self) -> re.Pattern[bytes]:
        return re.compile(self._plain_field)

    @property
    def _plain_field(self) -> bytes:
        return b"[^%b\\r\\n]*+" % re.escape(self.delimiter)

    @property
    def _field(self) -> bytes:
        if not self.quoting:
            return self._plain_field
        return rb'"[^"]*+(?:""[^"]*+)*+"%b|(?!")%b' % (self._plain_field, self._plain_field)

    @property
    def _more_fields(self) -> bytes:
        return rb"(?:%b(?:%b))*+(?:\r\n|\r|\n)" % (re.escape(self.delimiter), self._field)

    def records(self, data: bytes, at_end: bool) -> list[bytes]:
        r"""Split data into its whole records, blank lines left out.

        Parameters
        ----------
        data : bytes
            Text from the start of a record.
        at_end : bool
            Whether nothing follows ``data``, so that its last line needs no line end.

        Examples
        --------
        >>> Dialect(b",").records(b'a,b\r\n\n12" RULER,"x\ny"\nrest', at_end=False)
        [b'a,b', b'12" RULER,"x\ny"']
        """
        closed = data + b"\n" if at_end else data
        records = []
        find, position = self._record_pattern.match, 0  # at once: this is done for every line
        while found := find(closed, position):
            if record := found[0].rstrip(b"\r\n"):
                records.append(record)
            position = found.end()
        return records

    def split(self, record: bytes) -> list[str]:
        """Split a record into its values, quotes undone.

        Examples
        --------
        >>> Dialect(b";").split(b'1;"a;""b"" c";12" RULER;')
        ['1', 'a;"b" c', '12" RULER', '']
        """
        values = []
        position = 0
        while position <= len(record) and (end := self.field_end(record, position)) >= 0:
            values.append(self._value(record[position:end]))
            position = end + 1
        return values

    def _value(self, field: bytes) -> str:
        if self.quoting and field.startswith(b'"'):
            end = self.quote_end(field, 1)
            field = field[1 : end - 1].replace(b'""', b'"') + field[end:]
        return field.decode("utf-8", "replace")


_QUOTED = re.compile(rb'[^"]*+(?:""[^"]*+)*+"')


def _end(match: re.Match[bytes] | None) -> int:
    return -1 if match is None else match.end()
