namespace Cea.Feedback.Replies;

/// <summary>How many SMS a text makes, and in which alphabet. GSM 7-bit by 3GPP TS 23.038: 160 or 153 septets a segment; else UCS-2: 70 or 67 UTF-16 units.</summary>
public static class SmsSegments
{
    private const string Basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    private const string Extended = "^{}\\[~]|€\f";

    /// <returns>Segments (0 for an empty text), and whether it needs UCS-2.</returns>
    public static (int Segments, bool Unicode) Count(string text)
    {
        var septets = 0;
        foreach (var c in text)
        {
            if (Basic.Contains(c, StringComparison.Ordinal))
                septets++;
            else if (Extended.Contains(c, StringComparison.Ordinal))
                septets += 2;
            else
                return (Unicode(text), true);
        }
        if (septets <= 160)
            return (septets == 0 ? 0 : 1, false);
        return (Fill(text.Select(c => Extended.Contains(c, StringComparison.Ordinal) ? 2 : 1), 153), false);
    }

    private static int Unicode(string text) =>
        text.Length <= 70 ? 1 : Fill(text.EnumerateRunes().Select(r => r.Utf16SequenceLength), 67);

    // An escape pair or a surrogate pair is never split across two segments.
    private static int Fill(IEnumerable<int> sizes, int room)
    {
        var (segments, used) = (1, 0);
        foreach (var size in sizes)
        {
            if (used + size > room)
                (segments, used) = (segments + 1, 0);
            used += size;
        }
        return segments;
    }
}
