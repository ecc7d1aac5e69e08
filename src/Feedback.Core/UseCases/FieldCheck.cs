namespace Cea.Feedback.UseCases;

/// <summary>Gathers every wrong field before anything is refused, so that nobody corrects a form one mistake at a time.</summary>
internal sealed class FieldCheck
{
    private readonly List<WrongField> _wrong = [];

    public void Need(bool right, string field, string code, string? detail = null)
    {
        if (!right)
            _wrong.Add(new WrongField(field, code, detail));
    }

    /// <summary>The text without blanks around it; wrong when it is empty or too long.</summary>
    public string Text(string? text, string field, int most)
    {
        var trimmed = text?.Trim() ?? "";
        Need(trimmed.Length > 0, field, "needed");
        Need(trimmed.Length <= most, field, "too_long");
        return trimmed;
    }

    /// <summary>The text without blanks around it, or null when it is empty.</summary>
    public string? Optional(string? text, string field, int most)
    {
        var trimmed = string.IsNullOrWhiteSpace(text) ? null : text.Trim();
        Need(trimmed is null || trimmed.Length <= most, field, "too_long");
        return trimmed;
    }

    public void OneOf(string? value, IEnumerable<string> allowed, string field) => Need(value is not null && allowed.Contains(value), field, "unknown");

    /// <exception cref="RuleException">fields_wrong, with all of them.</exception>
    public void Refuse()
    {
        if (_wrong.Count > 0)
            throw new RuleException("fields_wrong", _wrong);
    }
}
