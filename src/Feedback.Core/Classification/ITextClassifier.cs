namespace Cea.Feedback.Classification;

/// <summary>Reads a text: its language and its codes, each with a confidence. Never throws; what it cannot read it says so, and the item stays restricted.</summary>
public interface ITextClassifier
{
    /// <summary>Of the model, for the record beside each suggestion.</summary>
    string Version { get; }

    /// <summary>The reader of this moment: what it reads is of its version, also when another takes its place meanwhile.</summary>
    ITextClassifier Now => this;

    /// <param name="statedLanguage">The person's own choice; wins over detection.</param>
    Reading Read(string? text, string? statedLanguage = null);
}

/// <summary>What the machine makes of one text. Topics: 1 to 3, the main one first; a group's code when it is unsure of the topic.</summary>
public sealed record Reading(
    bool Understood,
    LanguageGuess Language,
    LanguageGuess? SecondLanguage,
    Suggested Type,
    IReadOnlyList<Suggested> Topics,
    Suggested Urgency,
    SensitivityReading Sensitivity,
    IReadOnlyList<Term> TopTerms)
{
    /// <summary>Nothing could be read: restricted until somebody has looked.</summary>
    public static Reading Unreadable { get; } = new(false, new("und", 0), null, new("incomplete", 0), [new("other", 0)], new("normal", 0), new(0, 1, 1, true), []);
}

/// <summary>ISO code ("und": unknown) and probability.</summary>
public readonly record struct LanguageGuess(string Code, float Confidence);

public readonly record struct Suggested(string Code, float Confidence);

/// <summary>Class 0 to 2; the probabilities of class 1 or higher and of class 2; and whether a person must look first.</summary>
public readonly record struct SensitivityReading(int Class, float PSensitive, float PClass2, bool CheckFirst);

/// <summary>Words as they stand in the text, and how much they spoke for (+) or against (-) the main topic.</summary>
public readonly record struct Term(string Text, float Weight);
