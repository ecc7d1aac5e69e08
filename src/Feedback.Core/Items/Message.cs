using Cea.Feedback.Safeguarding;

namespace Cea.Feedback.Items;

/// <summary>One thing received, sent or noted. Immutable; an edit is a new one that names what it replaces.</summary>
public sealed class Message
{
    /// <summary>Typed by an officer; written down by a machine, whom nobody has checked.</summary>
    public const string Transcript = "transcript", MachineTranscript = "machine_transcript";

    /// <summary>Of a message m in SQL: nothing has taken its place. A transcript stands beside its recording, whose own words stay; of several the last stands, and what somebody typed stands instead of what a machine heard.</summary>
    internal const string Stands = """
        not exists (select 1 from message n where n.item_id = m.item_id and case when n.kind in ('transcript', 'machine_transcript')
            then m.kind in ('transcript', 'machine_transcript') and n.replaces_id = m.replaces_id and (n.kind = 'transcript', n.at, n.id) > (m.kind = 'transcript', m.at, m.id) else n.replaces_id = m.id end)
        """;

    public Guid Id { get; set; }
    public Guid? ItemId { get; set; }
    public Guid? PersonId { get; set; }
    public int AudienceId { get; set; }

    /// <summary>in, out, note.</summary>
    public string Direction { get; set; } = "in";

    /// <summary>message, edit, word, ack, reply, survey, notice, note, and of what was heard in a recording: <see cref="Transcript"/>, <see cref="MachineTranscript"/>.</summary>
    public string Kind { get; set; } = "message";
    public string? AccountId { get; set; }
    public int? AuthorId { get; set; }
    public string? Lang { get; set; }
    public DateTimeOffset At { get; set; }
    public DateTimeOffset RecordedAt { get; set; }

    /// <summary>Null when sealed to a circle, or erased.</summary>
    public string? Text { get; set; }
    public byte[]? Sealed { get; set; }
    public Guid? ReplacesId { get; set; }

    /// <summary>The text for who holds one of the keys; null when it is sealed to others.</summary>
    public string? Read(IEnumerable<byte[]> circleKeys) => Text ?? (Sealed is null ? null : CircleKeys.OpenText(Sealed, circleKeys));
}

/// <summary>The timeline's small print: assigned, referred, reopened. No content.</summary>
public sealed class ItemEvent
{
    public long Id { get; set; }
    public Guid ItemId { get; set; }
    public int AudienceId { get; set; }
    public DateTimeOffset At { get; set; }
    public int? OfficerId { get; set; }
    public string What { get; set; } = "";
    public string Detail { get; set; } = "{}";
}

/// <summary>A change of codes, with who (null: the machine) and when.</summary>
public sealed class CodeChange
{
    public long Id { get; set; }
    public Guid ItemId { get; set; }
    public int AudienceId { get; set; }
    public DateTimeOffset At { get; set; }
    public int? OfficerId { get; set; }
    public string? Before { get; set; }
    public string After { get; set; } = "{}";
}

/// <summary>Who did what to which item, when. Append-only, no content.</summary>
public sealed class AuditRow
{
    public long Id { get; set; }
    public DateTimeOffset At { get; set; }
    public int? OfficerId { get; set; }
    public string Act { get; set; } = "";
    public Guid? ItemId { get; set; }
    public int AudienceId { get; set; }
    public string Detail { get; set; } = "{}";
}
