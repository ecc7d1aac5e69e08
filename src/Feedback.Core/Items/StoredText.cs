using System.Text;
using Cea.Feedback.Intake;

namespace Cea.Feedback.Items;

/// <summary>A text as it can be stored.</summary>
internal static class StoredText
{
    private const int Longest = 20_000; // UTF-16 units kept of one message; the raw call keeps all of it for a week

    /// <summary>What PostgreSQL cannot keep as text (null characters, halves of surrogate pairs) becomes U+FFFD; the raw call keeps the bytes.</summary>
    public static string Clean(string text)
    {
        if (text.Length > Longest)
            text = text[..Longest];
        if (!text.AsSpan().ContainsAny('\0', '\ufffe') && !text.Any(char.IsSurrogate))
            return text;
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) // a lone half is enumerated as U+FFFD
            clean.Append(rune.Value == 0 ? "\ufffd" : rune.ToString());
        return clean.ToString();
    }

    /// <summary>The message with its names of languages and channels only where they are names: what PostgreSQL cannot keep as text is none.</summary>
    public static MessageReceived Named(MessageReceived message) => message with { StatedLanguage = Name(message.StatedLanguage), LanguageHint = Name(message.LanguageHint), Channel = Name(message.Channel) };

    private static string? Name(string? word) => word is not null && Clean(word) == word ? word : null;
}
