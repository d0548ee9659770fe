"""Generated image files, valid and hostile."""

import struct
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, rows=None, pixel=b"\xff\0\0", extra=b""):
    """RGB, or RGBA if the pixel has four bytes; `rows` replaces the correct data."""
    if rows is None:
        rows = (b"\0" + pixel * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 6 if len(pixel) == 4 else 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
            + chunk(b"IDAT", zlib.compress(rows, 9)) +
            chunk(b"IEND", b""))


def gif(width, height, frame=None):
    """One red frame, at (left, top, width, height) if not the whole screen."""
    left, top, frame_width, frame_height = frame or (0, 0, width, height)
    out, bits, count = bytearray(), 0, 0
    codes = []
    for i in range(frame_width * frame_height):
        codes += [4, 1] if i % 2 == 0 else [1]
    for code in codes + [5]:
        bits |= code << count
        count += 3
        while count >= 8:
            out.append(bits & 255)
            bits >>= 8
            count -= 8
    out.append(bits & 255)
    blocks = b"".join(bytes([len(out[i:i + 255])]) + bytes(out[i:i + 255])
                      for i in range(0, len(out), 255))
    return (b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\0\0" +
            b"," + struct.pack("<HHHHB", left, top, frame_width, frame_height, 0) + b"\x02" + blocks
            + b"\0;")


def segment(marker, data):
    """Of a JPEG."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def size_of(jpeg):
    """(width, height), and the markers before the picture."""
    at, markers = 2, []
    while True:
        marker, length = jpeg[at + 1], struct.unpack(">H", jpeg[at + 2:at + 4])[0]
        markers.append(marker)
        if marker in (0xC0, 0xC2):
            height, width = struct.unpack(">HH", jpeg[at + 5:at + 9])
            return (width, height), markers
        at += 2 + length


def form(*parts, boundary="xXx"):
    """multipart/form-data of (name, filename or None, content)."""
    body = b""
    for name, filename, content in parts:
        names = (boundary.encode(), name.encode())
        body += b"--%s\r\nContent-Disposition: form-data; name=\"%s\"" % names
        if filename is not None:
            body += b"; filename=\"%s\"\r\nContent-Type: text/html" % filename.encode()
        body += b"\r\n\r\n" + content + b"\r\n"
    return body + b"--%s--\r\n" % boundary.encode(), {
        "Content-Type": "multipart/form-data; boundary=" + boundary}
