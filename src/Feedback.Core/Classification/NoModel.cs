namespace Cea.Feedback.Classification;

/// <summary>Stands in when there is no usable model: understands nothing, so that every item stays restricted until a cleared person has seen it.</summary>
public sealed class NoModel : ITextClassifier
{
    public string Version => "none";

    public Reading Read(string? text, string? statedLanguage = null) => Reading.Unreadable;
}
