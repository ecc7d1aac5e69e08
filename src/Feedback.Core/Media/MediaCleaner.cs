using System.Buffers.Binary;

namespace Cea.Feedback.Media;

/// <summary>
/// Takes out of a file what it says besides its content: where and when a picture was taken, by which device, with which comment. Only known parts are copied, so what
/// nobody knows is left out too, as is whatever is glued on behind the end. Pixels and sound are not touched.
/// </summary>
public static class MediaCleaner
{
    /// <summary>The file without it; null when its structure cannot be followed: then it is not kept.</summary>
    public static byte[]? Clean(byte[] file, string type) => type switch
    {
        "image/jpeg" => JpegCleaner.Clean(file),
        "image/png" => Png(file),
        "image/webp" => WebP(file),
        "image/gif" => Gif(file),
        "video/mp4" or "audio/mp4" or "video/3gpp" => Mp4(file),
        _ => file,
    };

    private static byte[]? Png(byte[] file)
    {
        using var clean = new MemoryStream(file.Length);
        clean.Write(file, 0, 8);
        for (var at = 8; at + 12 <= file.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (length > file.Length - at - 12)
                return null;
            var size = 12 + (int)length;
            var kind = System.Text.Encoding.ASCII.GetString(file, at + 4, 4);
            if (kind is "IHDR" or "PLTE" or "IDAT" or "IEND" or "tRNS" or "gAMA" or "cHRM" or "sRGB" or "bKGD" or "pHYs" or "sBIT" or "acTL" or "fcTL" or "fdAT")
                clean.Write(file, at, size);
            if (kind == "IEND")
                return clean.ToArray();
            at += size;
        }
        return null;
    }

    private static byte[]? WebP(byte[] file)
    {
        const byte hasExif = 0x08, hasXmp = 0x04;
        using var clean = new MemoryStream(file.Length);
        clean.Write(file, 0, 12);
        var end = Math.Min(file.Length, 8L + BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(4)));
        for (var at = 12; at + 8 <= end;)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 4));
            if (length > end - at - 8)
                return null;
            var size = (int)Math.Min(8 + length + (length & 1), file.Length - at);
            var kind = System.Text.Encoding.ASCII.GetString(file, at, 4);
            if (kind is "VP8X" or "VP8 " or "VP8L" or "ALPH" or "ANIM" or "ANMF")
            {
                var begins = (int)clean.Length;
                clean.Write(file, at, size);
                if (kind == "VP8X" && length > 0)
                    clean.GetBuffer()[begins + 8] &= unchecked((byte)~(hasExif | hasXmp));
            }
            at += size;
        }
        if (clean.Length <= 12)
            return null;
        BinaryPrimitives.WriteUInt32LittleEndian(clean.GetBuffer().AsSpan(4), (uint)(clean.Length - 8));
        return clean.ToArray();
    }

    // Comments, and what programs add, but for the loop of an animation.
    private static byte[]? Gif(byte[] file)
    {
        const byte extension = 0x21, image = 0x2C, trailer = 0x3B, control = 0xF9, application = 0xFF;
        if (file.Length < 14)
            return null;
        using var clean = new MemoryStream(file.Length);
        var at = 13 + Table(file[10]);
        if (at > file.Length)
            return null;
        clean.Write(file, 0, at);
        while (at < file.Length)
        {
            var begins = at;
            if (file[at] == trailer)
            {
                clean.WriteByte(trailer);
                return clean.ToArray();
            }
            if (file[at] == image && at + 11 <= file.Length)
                at += 10 + Table(file[at + 9]) + 1;
            else if (file[at] == extension && at + 2 <= file.Length)
                at += 2;
            else
                return null;
            while (at < file.Length && file[at] != 0)
                at += 1 + file[at];
            if (++at > file.Length)
                return null;
            var keep = file[begins] == image || file[begins + 1] == control || (file[begins + 1] == application && file.AsSpan(begins).IndexOf("NETSCAPE2.0"u8) == 3);
            if (keep)
                clean.Write(file, begins, at - begins);
        }
        return null;

        static int Table(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
    }

    // Users' data and metadata become free space of the same size: no offset of the sound or the pictures moves.
    private static byte[]? Mp4(byte[] file)
    {
        var clean = (byte[])file.Clone();
        return Boxes(clean, 0, clean.Length, 0) ? clean : null;

        static bool Boxes(byte[] file, int at, int end, int depth)
        {
            while (at + 8 <= end)
            {
                long size = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
                var header = 8;
                if (size == 1 && at + 16 <= end)
                {
                    size = BinaryPrimitives.ReadInt64BigEndian(file.AsSpan(at + 8));
                    header = 16;
                }
                else if (size == 0)
                {
                    size = end - at;
                }
                if (size < header || size > end - at)
                    return false;
                var kind = System.Text.Encoding.Latin1.GetString(file, at + 4, 4);
                if (kind is "udta" or "meta" or "uuid")
                {
                    "free"u8.CopyTo(file.AsSpan(at + 4));
                    file.AsSpan(at + header, (int)size - header).Clear();
                }
                else if (kind is "moov" or "trak" or "moof" && depth < 8 && !Boxes(file, at + header, at + (int)size, depth + 1))
                {
                    return false;
                }
                at += (int)size;
            }
            return true;
        }
    }
}
