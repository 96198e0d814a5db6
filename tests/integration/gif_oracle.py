"""GIFs with every feature mixed, and what GIF89a says that they show: written apart from the reader, to judge it.

Everything here is plain Python on purpose: a pixel is an (R, G, B) tuple, or None where nothing covers it.
"""

import struct
from dataclasses import dataclass

from hypothesis import strategies as st

Pixel = tuple[int, int, int] | None


@dataclass(frozen=True)
class Image:
    left: int
    top: int
    width: int
    height: int
    indices: bytes
    table: bytes  # RGB; empty: the global one
    interlaced: bool
    controlled: bool
    disposal: int
    delay_cs: int
    transparent: int | None
    code_size: int
    clear_every: int  # 0: when the table is full; -1: never (the table stays full, a deferred clear)
    before: bytes  # other blocks in front of it


@dataclass(frozen=True)
class Gif:
    version: bytes
    width: int
    height: int
    background: int
    table: bytes
    loop: int | None
    loop_name: bytes
    images: tuple[Image, ...]
    tail: bytes

    def file(self) -> bytes:
        flags = 0x80 | table_bits(self.table) if self.table else 0
        head = self.version + struct.pack("<HHBBB", self.width, self.height, flags, self.background, 0) + self.table
        if self.loop is not None:
            head += b"!\xff\x0b" + self.loop_name + b"\x03\x01" + struct.pack("<HB", self.loop, 0)
        return head + b"".join(map(_image_blocks, self.images)) + self.tail

    def shown(self) -> list[list[list[Pixel]]]:
        """The frames as rows of pixels."""
        screen: list[list[Pixel]] = [[None] * self.width for _ in range(self.height)]
        frames = []
        for image in self.images:
            before = [row[:] for row in screen]
            for y in range(image.height):
                for x in range(image.width):
                    self._plot(screen, image, x, y)
            frames.append([row[:] for row in screen])
            disposal = image.disposal if image.controlled else 0
            if disposal == 2:
                for y in range(image.top, min(image.top + image.height, self.height)):
                    for x in range(image.left, min(image.left + image.width, self.width)):
                        screen[y][x] = None
            elif disposal in (3, 4):
                screen = before
        return frames

    def _plot(self, screen: list[list[Pixel]], image: Image, x: int, y: int) -> None:
        if not (image.left + x < self.width and image.top + y < self.height):
            return
        index = image.indices[y * image.width + x]
        table = image.table or self.table
        if index == (image.transparent if image.controlled else None) or 3 * index >= len(table):
            return
        r, g, b = table[3 * index : 3 * index + 3]
        screen[image.top + y][image.left + x] = (r, g, b)


def table_bits(table: bytes) -> int:
    return (len(table) // 3).bit_length() - 2


def sub_blocks(data: bytes) -> bytes:
    cut = (data[i : i + 255] for i in range(0, len(data), 255))
    return b"".join(bytes([len(block)]) + block for block in cut) + b"\0"


def lzw(indices: bytes, code_size: int, clear_every: int = 0) -> bytes:
    """Appendix F, with a dictionary of strings."""
    clear = 1 << code_size
    codes: list[tuple[int, int]] = []
    table: dict[bytes, int] = {}
    width = code_size + 1

    def reset() -> None:
        nonlocal width
        codes.append((clear, width))
        table.clear()
        table.update({bytes([i]): i for i in range(min(clear, 256))})
        width = code_size + 1

    reset()
    following, string, emitted = clear + 2, b"", 0
    for value in indices:
        longer = string + bytes([value])
        if longer in table:
            string = longer
            continue
        codes.append((table[string], width))
        emitted += 1
        if following < 4096:
            if following == 1 << width and width < 12:
                width += 1
            table[longer] = following
            following += 1
        if (clear_every > 0 and emitted % clear_every == 0) or (clear_every == 0 and following == 4096):
            reset()
            following = clear + 2
        string = bytes([value])
    if string:
        codes.append((table[string], width))
        if following == 1 << width and width < 12:
            width += 1
    codes.append((clear + 1, width))
    packed = shift = 0
    for code, bits in codes:
        packed |= code << shift
        shift += bits
    return packed.to_bytes((shift + 7) // 8, "little")


def _image_blocks(image: Image) -> bytes:
    control = b""
    if image.controlled:
        flags = image.disposal << 2 | (image.transparent is not None)
        control = b"!\xf9\x04" + struct.pack("<BHBB", flags, image.delay_cs, image.transparent or 0, 0)
    flags = 0x40 if image.interlaced else 0
    if image.table:
        flags |= 0x80 | table_bits(image.table)
    place = b"," + struct.pack("<HHHHB", image.left, image.top, image.width, image.height, flags)
    rows = [image.indices[y * image.width : (y + 1) * image.width] for y in range(image.height)]
    if image.interlaced:
        rows = [rows[y] for start, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(start, len(rows), step)]
    data = sub_blocks(lzw(b"".join(rows), image.code_size, image.clear_every))
    return image.before + control + place + image.table + bytes([image.code_size]) + data


def tables() -> st.SearchStrategy[bytes]:
    return st.sampled_from([2, 4, 8, 16, 32, 256]).flatmap(lambda n: st.binary(min_size=3 * n, max_size=3 * n))


OTHER_BLOCKS = st.lists(
    st.one_of(
        st.binary(max_size=300).map(lambda text: b"!\xfe" + sub_blocks(text)),  # a comment, in no encoding at all
        st.just(b"!\xff\x0bXMP DataXMP\x03abc\0"),
        st.just(b"!\x01\x0c" + bytes(12) + b"\x02hi\0"),  # a plain text
        st.just(b"!\xf9\x04\x05\x07\0\1\0"),  # a control that the image's own supersedes
        st.just(b"\0"),
    ),
    max_size=2,
).map(b"".join)


@st.composite
def images(draw: st.DrawFn, width: int, height: int, has_global: int, defined: bool) -> Image:
    table = draw(st.one_of(st.just(b""), tables())) if has_global else draw(tables())
    colours = len(table) // 3 or has_global
    side = max(width, height)
    left, top = draw(st.integers(0, width - defined)), draw(st.integers(0, height - defined))
    width = draw(st.integers(1, width - left if defined else side))
    height = draw(st.integers(1, height - top if defined else side))
    code_size = draw(st.integers(max(2, (colours - 1).bit_length()), 8))
    highest = draw(st.sampled_from([colours - 1, colours - 1, colours - 1, (1 << code_size) - 1]))
    raw = draw(st.binary(min_size=width * height, max_size=width * height))
    before = b"" if defined else draw(OTHER_BLOCKS)
    disposals = [0, 1, 2, 3] if defined else [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 7]
    highest = colours - 1 if defined else highest
    return Image(
        left=left,
        top=top,
        width=width,
        height=height,
        indices=bytes(value % (highest + 1) for value in raw),
        table=table,
        interlaced=draw(st.booleans()),
        # a control that no image's own follows would be this image's
        controlled=b"!\xf9" in before or draw(st.integers(0, 4)) > 0,
        disposal=draw(st.sampled_from(disposals)),
        delay_cs=draw(st.one_of(st.sampled_from([0, 1, 2, 4, 10]), st.integers(0, 65535))),
        transparent=draw(st.one_of(st.none(), st.integers(0, colours - 1))),
        code_size=code_size,
        clear_every=draw(st.sampled_from([0, 0, -1, 1, 7])),
        before=before,
    )


@st.composite
def gifs(draw: st.DrawFn, defined: bool = False) -> Gif:
    """Any mix of features; of those that the specification defines, and with nothing else in the file, on demand."""
    table = draw(st.one_of(st.just(b""), tables()))
    width, height = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    some = images(width, height, len(table) // 3, defined)
    return Gif(
        version=draw(st.sampled_from([b"GIF89a", b"GIF89a", b"GIF87a"])),
        width=width,
        height=height,
        background=draw(st.integers(0, max(0, len(table) // 3 - 1) if defined else 255)),
        table=table,
        loop=draw(st.one_of(st.none(), st.integers(0, 65535))),
        loop_name=draw(st.sampled_from([b"NETSCAPE2.0", b"ANIMEXTS1.0"])),
        images=tuple(draw(st.lists(some, min_size=1, max_size=5))),
        tail=b";" if defined else draw(st.sampled_from([b";", b";", b";trailing junk", b";\0\0", b""])),
    )
