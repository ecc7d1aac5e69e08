namespace Cea.Feedback.Replies;

/// <summary>What may be told to a caller on the spot: of one topic, in one language, approved by somebody until a day.</summary>
public sealed class ApprovedAnswer
{
    public int Id { get; set; }
    public string Topic { get; set; } = "";
    public string Lang { get; set; } = "";

    /// <summary>Null: true everywhere.</summary>
    public int? ServicePointId { get; set; }
    public string Text { get; set; } = "";
    public int ApprovedBy { get; set; }
    public DateTimeOffset ApprovedAt { get; set; }
    public DateOnly ValidUntil { get; set; }
}
