namespace Cea.Feedback.Replies;

/// <summary>One sending and what became of it. States only move forward.</summary>
public sealed class Outgoing
{
    public const short ReplyLane = 0, AckLane = 1, SurveyLane = 2, TellingLane = 3;
    public const string Test = "test";

    public Guid Id { get; set; }
    public Guid? MessageId { get; set; }
    public Guid? ItemId { get; set; }
    public int AudienceId { get; set; }
    public Guid? PersonId { get; set; }
    public int? OfficerId { get; set; }
    public string AccountId { get; set; } = "";
    public short Lane { get; set; }

    /// <summary>Of a text that was split: the first is 0. Each waits until the one before it has gone out.</summary>
    public short Part { get; set; }

    /// <summary>reply, ack, survey, word, escalation, reminder, notice, test.</summary>
    public string Purpose { get; set; } = "";

    /// <summary>The text under the master key; emptied when done.</summary>
    public byte[] Body { get; set; } = [];
    public short Segments { get; set; } = 1;

    /// <summary>Needs UCS-2, so that a segment holds 70 characters and not 160.</summary>
    public bool? Unicode { get; set; }
    public string? Lang { get; set; }

    /// <summary>held, due, sending, in_doubt, sent, delivered, read, failed, cancelled.</summary>
    public string State { get; set; } = "due";
    public DateTimeOffset DueAt { get; set; }
    public int Attempt { get; set; }
    public string? ProviderStatus { get; set; }
    public string? ErrorCode { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? SentAt { get; set; }
    public DateTimeOffset? DeliveredAt { get; set; }
    public int? SettledBy { get; set; }

    /// <summary>The template that says the body; null: free text.</summary>
    public int? TemplateId { get; set; }

    /// <summary>What stands in its places, sealed.</summary>
    public byte[]? TemplateValues { get; set; }

    /// <summary>The cleared person who sends it on a guarded number; null there: it is held (S8).</summary>
    public int? ReleasedBy { get; set; }

    /// <summary>The end of the hours in which it is safe to arrive.</summary>
    public DateTimeOffset? NotAfter { get; set; }

    private bool HasGone => State is "sent" or "delivered" or "read";

    /// <summary>Of all sendings of one message the one that says how far it got: of its first part that has not gone out, else of its last part.</summary>
    internal static Outgoing Furthest(IEnumerable<Outgoing> ofOneMessage)
    {
        var parts = ofOneMessage.GroupBy(o => o.Part).OrderBy(p => p.Key).Select(p => p.MaxBy(o => o.CreatedAt)!).ToList();
        return parts.FirstOrDefault(o => !o.HasGone) ?? parts[^1];
    }
}

/// <summary>The one question after closing.</summary>
public sealed class Survey
{
    public Guid ItemId { get; set; }
    public Guid PersonId { get; set; }
    public int AudienceId { get; set; }
    public DateTimeOffset DueAt { get; set; }
    public DateTimeOffset? AskedAt { get; set; }
    public DateTimeOffset? AnsweredAt { get; set; }
    public bool? Solved { get; set; }
}
