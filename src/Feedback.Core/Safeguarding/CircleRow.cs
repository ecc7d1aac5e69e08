namespace Cea.Feedback.Safeguarding;

/// <summary>A circle as the deployment keeps it, with its public key.</summary>
public sealed class CircleRow
{
    public short Id { get; set; }
    public string Code { get; set; } = "";
    public short Strictness { get; set; }
    public bool Seals { get; set; }
    public byte[] PublicKey { get; set; } = [];

    /// <summary>The private key under the master key, until two members hold it: then gone for ever.</summary>
    public byte[]? BootstrapKey { get; set; }
    public string? OutsideContact { get; set; }

    /// <summary>Sealed: the line of the contact outside, where a notice without content goes when nobody of the circle is left.</summary>
    public byte[]? OutsideLine { get; set; }
    public int? ClockMinutes { get; set; }

    /// <summary>Where somebody who wants to talk in confidence can call; shown to operators.</summary>
    public string? ConfidentialPhone { get; set; }
}

/// <summary>A named person of a circle. In force once a second member confirmed what the first proposed, neither for himself (S3).</summary>
public sealed class CircleMember
{
    public short CircleId { get; set; }
    public int OfficerId { get; set; }

    /// <summary>For these service points only; null: all.</summary>
    public int[]? ServicePoints { get; set; }
    public bool Alternate { get; set; }
    public byte[]? WrappedKey { get; set; }
    public int? ProposedBy { get; set; }
    public DateTimeOffset ProposedAt { get; set; }
    public int? ConfirmedBy { get; set; }
    public DateTimeOffset? ConfirmedAt { get; set; }

    /// <summary>Who gave him a new password since; he may not be the one who confirms.</summary>
    public int? ResetBy { get; set; }
}

/// <summary>A group of circles at a place: what row policies compare.</summary>
public sealed class Audience
{
    public const int OpenId = 1;

    public int Id { get; set; }
    public short[] Circles { get; set; } = [];
    public int? ServicePointId { get; set; }
    public bool AlternateOnly { get; set; }
    public int[] Excluded { get; set; } = [];
}

/// <summary>What is announced to a circle: who was proposed, confirmed, removed, whose key was lost. Of no item.</summary>
public sealed class CircleNotice
{
    public long Id { get; set; }
    public short CircleId { get; set; }
    public DateTimeOffset At { get; set; }

    /// <summary>proposed, withdrawn, confirmed, removed, password_reset, key_renewed.</summary>
    public string What { get; set; } = "";
    public int OfficerId { get; set; }
    public int? ById { get; set; }
}
