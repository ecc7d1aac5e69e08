namespace Cea.Feedback.Media;

/// <summary>A file that came with a message, and how far it got. Its content is never in the clear in the database.</summary>
public sealed class MediaFile
{
    public const string Pending = "pending", Kept = "kept", Failed = "failed";

    public Guid Id { get; set; }
    public Guid MessageId { get; set; }
    public Guid? ItemId { get; set; }
    public int AudienceId { get; set; }
    public short Position { get; set; }

    /// <summary>photo, voice, video...: the provider's word.</summary>
    public string? Kind { get; set; }
    public long? SaidBytes { get; set; }

    /// <summary>pending, kept, failed, too_large, not_allowed, infected, not_kept (of a child), deleted.</summary>
    public string State { get; set; } = Pending;
    public DateTimeOffset DueAt { get; set; }
    public int Attempt { get; set; }

    /// <summary>A stable code of why not.</summary>
    public string? Error { get; set; }

    /// <summary>By its content.</summary>
    public string? ContentType { get; set; }
    public long? Bytes { get; set; }
    public byte[]? Sha256 { get; set; }

    /// <summary>The file's key under the master key; null when it is sealed to circles.</summary>
    public byte[]? KeySealed { get; set; }
    public byte[]? KeyCircles { get; set; }

    /// <summary>Its name in the store outside of the database; null: its chunks are rows.</summary>
    public string? Place { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}
