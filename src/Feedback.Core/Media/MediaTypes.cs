namespace Cea.Feedback.Media;

/// <summary>What a file is, by its first bytes. Names and the provider's word are never believed; what is not in this list is not kept.</summary>
public static class MediaTypes
{
    /// <summary>The type and the ending for a download, or null when it is none that we keep.</summary>
    public static (string Type, string Ending)? Of(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return ("image/jpeg", "jpg");
        if (file.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
            return ("image/png", "png");
        if (file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8))
            return ("image/gif", "gif");
        if (file.Length > 12 && file.StartsWith("RIFF"u8))
            return file[8..].StartsWith("WEBP"u8) ? ("image/webp", "webp") : file[8..].StartsWith("WAVE"u8) ? ("audio/wav", "wav") : null;
        if (file.StartsWith("OggS"u8))
            return ("audio/ogg", "ogg");
        if (file.StartsWith("#!AMR"u8))
            return ("audio/amr", "amr");
        if (file.StartsWith("%PDF-"u8))
            return ("application/pdf", "pdf");
        if (file.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]))
            return ("video/webm", "webm");
        if (file.Length > 12 && file[4..].StartsWith("ftyp"u8))
            return Mp4(file[8..12]);
        if (file.StartsWith("ID3"u8))
            return ("audio/mpeg", "mp3");
        if (file.Length > 2 && file[0] == 0xFF && (file[1] & 0xE0) == 0xE0)
            return (file[1] & 0x06) == 0 ? ("audio/aac", "aac") : ("audio/mpeg", "mp3");
        return null;
    }

    /// <summary>The ending for a type that <see cref="Of"/> gave.</summary>
    public static string EndingOf(string type) => type switch
    {
        "image/jpeg" => "jpg",
        "audio/mpeg" => "mp3",
        "audio/mp4" => "m4a",
        "video/3gpp" => "3gp",
        _ => type[(type.IndexOf('/', StringComparison.Ordinal) + 1)..],
    };

    // Pictures in this container (HEIC, AVIF) hide their place where we cannot take it out, so they are not kept.
    private static (string, string)? Mp4(ReadOnlySpan<byte> brand) =>
        brand.StartsWith("hei"u8) || brand.StartsWith("hev"u8) || brand.StartsWith("mif"u8) || brand.StartsWith("msf"u8) || brand.StartsWith("avi"u8) ? null
        : brand.StartsWith("M4A"u8) || brand.StartsWith("M4B"u8) ? ("audio/mp4", "m4a") : brand.StartsWith("3g"u8) ? ("video/3gpp", "3gp") : ("video/mp4", "mp4");
}
