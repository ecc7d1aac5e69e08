using System.Collections.Frozen;

namespace Cea.Feedback.Intake;

/// <summary>What intake needs to know, held in memory so that a forged call is refused and a page shown with the database away. Replaced as a whole.</summary>
public sealed record IntakeSnapshot(FrozenDictionary<string, ChannelAccount> Accounts, FrozenDictionary<string, PlaceAtIntake> ServicePoints, IReadOnlyDictionary<string, string> Deployment)
{
    public static readonly IntakeSnapshot Empty = new(FrozenDictionary<string, ChannelAccount>.Empty, FrozenDictionary<string, PlaceAtIntake>.Empty, new Dictionary<string, string>());

    /// <summary>Whom a caller can be put through to at this moment, by the rota.</summary>
    public IReadOnlyList<OperatorOnDuty> Operators { get; init; } = [];
}

/// <summary>An operator whose turn it is: his telephone, the languages he speaks, and "female", "male" or "".</summary>
public sealed record OperatorOnDuty(string Number, IReadOnlyList<string> Languages, string Gender)
{
    /// <summary>Whose telephone it is: who takes a call finds it on his page.</summary>
    public int OfficerId { get; init; }

    public override string ToString() => "[operator]";
}

/// <summary>A service point as pages and prompts show it.</summary>
public sealed record PlaceAtIntake(int Id, string Slug, string Name, string TimeZone, string Visibility, string HoursJson);

/// <summary>The snapshot in use; <see cref="RefreshAccounts"/> replaces it every few seconds and after a change.</summary>
public sealed class IntakeBoard
{
    private volatile IntakeSnapshot _snapshot = IntakeSnapshot.Empty;

    public IntakeSnapshot Snapshot
    {
        get => _snapshot;
        set => _snapshot = value;
    }
}
