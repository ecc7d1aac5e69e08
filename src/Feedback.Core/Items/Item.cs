using System.ComponentModel.DataAnnotations.Schema;

namespace Cea.Feedback.Items;

/// <summary>One piece of feedback: the conversation it came in, its codes, its state. What may be done with it is decided here, once.</summary>
public sealed class Item
{
    public Guid Id { get; set; }
    public string ReceiptCode { get; set; } = "";
    public Guid? PersonId { get; set; }
    public string? AccountId { get; set; }
    public string Channel { get; set; } = "";
    public int? ServicePointId { get; set; }
    public string Lang { get; set; } = "";
    public float LangConfidence { get; set; }
    public string? LangSecond { get; set; }

    /// <summary>new, in_progress, referred, resolved, closed.</summary>
    public string Status { get; set; } = "new";
    public int AudienceId { get; set; }
    public short CircleId { get; set; }
    public bool Checked { get; set; }
    public short Sensitivity { get; set; }
    public string SuggestedType { get; set; } = "";
    public string[] SuggestedTopics { get; set; } = [];
    public string SuggestedUrgency { get; set; } = "";
    public short SuggestedSensitivity { get; set; }
    public string Suggestion { get; set; } = "{}";
    public string? ConfirmedType { get; set; }
    public string[]? ConfirmedTopics { get; set; }
    public string? ConfirmedUrgency { get; set; }
    public int? ConfirmedBy { get; set; }
    public DateTimeOffset? ConfirmedAt { get; set; }

    /// <summary>What holds: confirmed, else suggested. Kept by the database.</summary>
    public string Type { get; private set; } = "";
    public string[] Topics { get; private set; } = [];
    public string Urgency { get; private set; } = "";
    public string? Third { get; set; }
    public string Speaker { get; set; } = "unknown";
    public string SpeaksFor { get; set; } = "self";
    public string About { get; set; } = "unknown";
    public string Stay { get; set; } = "not_asked";
    public bool Minor { get; set; }
    public int TeamId { get; set; }
    public int? AssigneeId { get; set; }

    /// <summary>Who handled what the person complains of: handles this no more (S4).</summary>
    public int? HandlerBeforeId { get; set; }
    public DateTimeOffset SpokenAt { get; set; }
    public DateTimeOffset RecordedAt { get; set; }
    public int? RecordedBy { get; set; }
    public DateTimeOffset? RecorderSeesUntil { get; set; }
    public DateTimeOffset LastMessageAt { get; set; }
    public DateTimeOffset? SeenAt { get; set; }

    /// <summary>Since when something that the person said waits to be read, after the item was seen.</summary>
    public DateTimeOffset? UnreadAt { get; set; }
    public DateTimeOffset? FirstAnswerAt { get; set; }
    public DateTimeOffset? ResolvedAt { get; set; }
    public string? Resolution { get; set; }
    public DateTimeOffset? LoopClosedAt { get; set; }
    public string? LoopMethod { get; set; }
    public string? LoopImpossible { get; set; }

    /// <summary>The note that says to whom.</summary>
    public string? ReferredTo { get; set; }
    public DateTimeOffset? ReferredAt { get; set; }
    public DateTimeOffset? HandedOverAt { get; set; }
    public DateTimeOffset? ReviewAt { get; set; }
    public int Reopened { get; set; }
    public Guid? LinkedItemId { get; set; }

    /// <summary>The message that tells the person: the loop closes when it has reached him.</summary>
    public Guid? ClosingOutboxId { get; set; }
    public DateTimeOffset? NextDueAt { get; set; }
    public uint Version { get; private set; }

    [NotMapped]
    public bool IsOpen => Status is "new" or "in_progress" or "referred";

    /// <summary>Refuses when the item takes no more work.</summary>
    public void MustBeOpenFor(string what)
    {
        if (Status == "closed")
            throw new RuleException(what == "reply" ? "item_closed" : "item_is_closed");
    }

    public void Start(DateTimeOffset now)
    {
        SeenAt ??= now;
        if (Status == "new")
            Status = "in_progress";
    }

    public void Answer(DateTimeOffset now)
    {
        MustBeOpenFor("reply");
        Start(now);
        FirstAnswerAt ??= now;
    }

    public void Assign(int teamId, int? officerId, DateTimeOffset now)
    {
        MustBeOpenFor("assign");
        TeamId = teamId;
        AssigneeId = officerId;
        if (officerId is not null)
            Start(now);
    }

    public void Refer(string to, DateTimeOffset now, bool confirmed)
    {
        MustBeOpenFor("refer");
        Start(now);
        Status = "referred";
        ReferredTo = to;
        ReferredAt ??= now;
        if (confirmed)
            HandedOverAt = now;
    }

    /// <summary>Something was decided or done; the person has not been told yet.</summary>
    public void Resolve(string resolution, DateTimeOffset now)
    {
        MustBeOpenFor("resolve");
        Start(now);
        Status = "resolved";
        Resolution = resolution;
        ResolvedAt = now;
    }

    /// <summary>The person has been told, by this method of the IFRC list.</summary>
    public void CloseLoop(string method, DateTimeOffset now)
    {
        MustBeOpenFor("close");
        if (ResolvedAt is null)
            throw new RuleException("resolve_first");
        (Status, LoopMethod, LoopClosedAt, LoopImpossible) = ("closed", method, now, null);
    }

    /// <summary>The person cannot be told, for a reason of the fixed list.</summary>
    public void CloseUntold(string reason, DateTimeOffset now)
    {
        MustBeOpenFor("close");
        ResolvedAt ??= now;
        (Status, LoopImpossible, LoopClosedAt) = ("closed", reason, null);
    }

    public void Reopen()
    {
        if (IsOpen)
            return;
        (Status, ResolvedAt, LoopClosedAt, LoopMethod, LoopImpossible) = ("in_progress", null, null, null, null);
        Reopened++;
    }
}
