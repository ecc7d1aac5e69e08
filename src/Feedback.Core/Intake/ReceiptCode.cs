using System.Security.Cryptography;

namespace Cea.Feedback.Intake;

/// <summary>
/// A receipt code: 10 random symbols out of 30 that cannot be taken for each other (no 0 O 1 I L U), and one check symbol. 49 bits; read 4-4-3.
/// Whoever holds it may add to the feedback and see one of three states.
/// </summary>
public static class ReceiptCode
{
    public const string Symbols = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
    public const int Length = 11;

    public static string New()
    {
        Span<char> code = stackalloc char[Length];
        for (var i = 0; i < Length - 1; i++)
            code[i] = Symbols[RandomNumberGenerator.GetInt32(Symbols.Length)];
        code[^1] = Check(code[..^1]);
        return new string(code);
    }

    /// <summary>As it is told: ABCD-EFGH-JKM.</summary>
    public static string Read(string code) => code.Length == Length ? $"{code[..4]}-{code[4..8]}-{code[8..]}" : code;

    /// <summary>The stored form of what somebody typed (any case, spaces, dashes, direction marks), or null when it cannot be a code.</summary>
    public static string? Parse(string? typed)
    {
        if (typed is null || typed.Length > 40)
            return null;
        Span<char> code = stackalloc char[Length];
        var n = 0;
        foreach (var c in typed)
        {
            if (char.IsWhiteSpace(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.DashPunctuation or System.Globalization.UnicodeCategory.Format)
                continue;
            var symbol = char.ToUpperInvariant(c);
            if (n == Length || !Symbols.Contains(symbol, StringComparison.Ordinal))
                return null;
            code[n++] = symbol;
        }
        return n == Length && Check(code[..^1]) == code[^1] ? new string(code) : null;
    }

    // Weights 1, 7, 11... are units modulo 30, so every single wrong symbol shows; neighbours differ by other than a divisor of 30 mostly, so most swaps do.
    private static char Check(ReadOnlySpan<char> code)
    {
        ReadOnlySpan<int> weights = [1, 7, 11, 13, 17, 19, 23, 29, 1, 7];
        var sum = 0;
        for (var i = 0; i < code.Length; i++)
            sum += weights[i] * Symbols.IndexOf(code[i], StringComparison.Ordinal);
        return Symbols[sum % Symbols.Length];
    }
}
