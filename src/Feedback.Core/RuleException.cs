namespace Cea.Feedback;

/// <summary>Somebody asked for something that the rules do not allow. The page shows the text for the code, the API answers problem details with it.</summary>
public sealed class RuleException(string code) : Exception(code)
{
    /// <summary>Stable, in snake case: <c>item_closed</c>, <c>not_allowed</c>, <c>changed_meanwhile</c>.</summary>
    public string Code { get; } = code;
}
