namespace Cea.Feedback.Learning;

/// <summary>A model that was trained here. Its file is for the classifier alone: no page can read it.</summary>
public sealed class LearnedModel
{
    public const string Challenger = "challenger", Champion = "champion", Retired = "retired";

    public int Id { get; set; }
    public string Version { get; set; } = "";
    public DateTimeOffset TrainedAt { get; set; }
    public int? TrainedBy { get; set; }

    /// <summary>challenger, champion, retired. Without a champion the shipped model reads.</summary>
    public string State { get; set; } = Challenger;

    /// <summary>What was in use before it; null: the shipped model.</summary>
    public int? Replaces { get; set; }
    public DateTimeOffset? PromotedAt { get; set; }
    public int? PromotedBy { get; set; }
    public int CorpusRows { get; set; }
    public int OpenRows { get; set; }
    public float Seconds { get; set; }
    public int MemoryMb { get; set; }
    public string Report { get; set; } = "{}";

    /// <summary>Why it may not be promoted: codes of <see cref="Gate"/>.</summary>
    public string[] Refused { get; set; } = [];

    /// <summary>Its file is still there.</summary>
    public bool Kept { get; private set; }
}

/// <summary>A sealing circle's leave to keep copies of what it confirms, to learn from. In force once a second member allowed what the first proposed.</summary>
public sealed class TrainingConsent
{
    public short CircleId { get; set; }
    public int ProposedBy { get; set; }
    public DateTimeOffset ProposedAt { get; set; }
    public int? AllowedBy { get; set; }
    public DateTimeOffset? AllowedAt { get; set; }
}
