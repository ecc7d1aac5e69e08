namespace Cea.Feedback;

/// <summary>
/// Somebody asked for something that the rules do not allow. The page shows the text for the code, the API answers problem details with it. A form with wrong fields is
/// refused as <c>fields_wrong</c>, every one of them named.
/// </summary>
public sealed class RuleException(string code, IReadOnlyList<WrongField>? fields = null) : Exception(code)
{
    /// <summary>Stable, in snake case: <c>item_closed</c>, <c>not_allowed</c>, <c>changed_meanwhile</c>.</summary>
    public string Code { get; } = code;

    public IReadOnlyList<WrongField> Fields { get; } = fields ?? [];
}

/// <summary>A field of a form and what is wrong with it: a stable code, and where the code is not enough, plain words about a file that officers made.</summary>
public sealed record WrongField(string Field, string Code, string? Detail = null);
