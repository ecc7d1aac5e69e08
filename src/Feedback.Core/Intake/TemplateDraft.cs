namespace Cea.Feedback.Intake;

/// <summary>A template to be created: places are <c>{{1}}</c>, <c>{{2}}</c>... in the body, each with an example for who approves it.</summary>
public sealed record TemplateDraft(string Name, string Language, string Category, string Body, IReadOnlyList<string> Examples);

/// <summary>A template as the provider holds it.</summary>
public sealed record ProviderTemplate(string ExternalId, string Name, string Language, string Body);

/// <summary>How far its approval is, by the provider's word, and what that means.</summary>
public sealed record TemplateApproval(TemplateState State, string Status, string? Reason);

/// <summary>Only an approved one may be sent. An unknown word of the provider is pending, never approved.</summary>
public enum TemplateState
{
    Unsubmitted,
    Pending,
    Approved,
    Rejected,
    Paused,
    Disabled,
}
