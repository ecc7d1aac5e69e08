namespace Cea.Feedback.People;

/// <summary>Whoever wrote: a random token. Where to reach him lies elsewhere, sealed.</summary>
public sealed class Person
{
    public Guid Id { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset LastHeardAt { get; set; }
    public string? StatedLang { get; set; }
    public string? DetectedLang { get; set; }
    public string? NoticeVersion { get; set; }
    public DateTimeOffset? NoticeAt { get; set; }
}
