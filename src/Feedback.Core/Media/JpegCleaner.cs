using System.Buffers.Binary;

namespace Cea.Feedback.Media;

/// <summary>
/// A JPEG without its segments about camera, place, time and comment (ITU T.81, annex B; Exif in APP1). Of Exif only the orientation stays, so that a picture does not
/// lie on its side; behind the end of the picture nothing stays.
/// </summary>
internal static class JpegCleaner
{
    private const byte Start = 0xD8, End = 0xD9, Scan = 0xDA, App0 = 0xE0, App1 = 0xE1, App14 = 0xEE, Comment = 0xFE;

    public static byte[]? Clean(byte[] file)
    {
        using var clean = new MemoryStream(file.Length);
        clean.Write([0xFF, Start]);
        var oriented = false;
        for (var at = 2; at + 2 <= file.Length;)
        {
            if (file[at] != 0xFF)
                return null;
            var marker = file[at + 1];
            if (marker == 0xFF) // fill
            {
                at++;
                continue;
            }
            if (marker == End)
            {
                clean.Write([0xFF, End]);
                return clean.ToArray();
            }
            if (at + 4 > file.Length)
                return null;
            var length = BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(at + 2));
            if (length < 2 || at + 2 + length > file.Length)
                return null;
            var segment = file.AsSpan(at, 2 + length);
            if (marker == App1 && !oriented && Orientation(segment[4..]) is { } orientation and > 1)
            {
                clean.Write(Exif(orientation));
                oriented = true;
            }
            if (marker is App0 or App14 or (< App0 and not Start) or (> 0xEF and < Comment and not App1))
                clean.Write(segment);
            at += segment.Length;
            if (marker == Scan)
            {
                var ends = EndOfScan(file, at);
                clean.Write(file, at, ends - at);
                at = ends;
            }
        }
        return null; // cut off: what is behind cannot be told from a picture
    }

    // In a scan FF is followed by 00, or by a restart marker; anything else ends it.
    private static int EndOfScan(byte[] file, int at)
    {
        while (at + 1 < file.Length && !(file[at] == 0xFF && file[at + 1] is not 0 and not (>= 0xD0 and <= 0xD7)))
            at++;
        return at + 1 < file.Length ? at : file.Length;
    }

    private static ushort? Orientation(ReadOnlySpan<byte> exif)
    {
        if (exif.Length < 14 || !exif.StartsWith("Exif\0\0"u8))
            return null;
        var tiff = exif[6..];
        var little = tiff[0] == 'I';
        ushort Short(ReadOnlySpan<byte> from) => little ? BinaryPrimitives.ReadUInt16LittleEndian(from) : BinaryPrimitives.ReadUInt16BigEndian(from);
        var directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
            return null;
        var entries = Short(tiff[(int)directory..]);
        for (var i = 0; i < entries; i++)
        {
            var at = (int)directory + 2 + (i * 12);
            if (at + 12 > tiff.Length)
                return null;
            if (Short(tiff[at..]) == 0x0112)
                return Short(tiff[(at + 8)..]) is var value and >= 1 and <= 8 ? value : null;
        }
        return null;
    }

    // The smallest Exif there is: big-endian, one entry, no second directory.
    private static byte[] Exif(ushort orientation) =>
        [0xFF, App1, 0, 34, .. "Exif\0\0"u8, .. "MM"u8, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];
}
