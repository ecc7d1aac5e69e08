namespace Cea.Sandbox.Twilio;

/// <summary>How many SMS a text takes: 160 septets or 70 UTF-16 units alone, 153 or 67 each when joined.</summary>
internal static class SmsSegments
{
    private const string Basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    private const string Extended = "^{}\\[~]|€\f";

    public static int Count(string text)
    {
        if (text.Length == 0)
            return 1;
        var septets = 0;
        foreach (var c in text)
        {
            if (Basic.Contains(c, StringComparison.Ordinal))
                septets++;
            else if (Extended.Contains(c, StringComparison.Ordinal))
                septets += 2;
            else
                return text.Length <= 70 ? 1 : Fill(text, 67, IsPairStart, pairWidth: 2, text.Length);
        }
        return septets <= 160 ? 1 : Fill(text, 153, c => Extended.Contains(c, StringComparison.Ordinal), pairWidth: 2, septets);
    }

    private static bool IsPairStart(char c) => char.IsHighSurrogate(c);

    // An escape pair, or a surrogate pair, does not straddle two segments.
    private static int Fill(string text, int room, Func<char, bool> isPair, int pairWidth, int total)
    {
        if (total <= room)
            return 1;
        int segments = 1, used = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var width = isPair(text[i]) ? pairWidth : 1;
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length)
                i++;
            if (used + width > room)
            {
                segments++;
                used = 0;
            }
            used += width;
        }
        return segments;
    }
}
