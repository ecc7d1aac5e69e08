namespace Cea.Feedback.Items;

/// <summary>What one lot came to.</summary>
public readonly record struct TriageRound(int Leased, int Failed, int Dead)
{
    /// <summary>Buttons whose press is an item's now, for the providers to be told.</summary>
    public IReadOnlyList<TakenPress> Presses { get; init; } = [];

    /// <summary>Messages that got no automatic answer, because whoever sent them had as many as one gets in an hour.</summary>
    public int Quieted { get; init; }
}

/// <summary>A pressed button, by the provider's id.</summary>
public sealed record TakenPress(string AccountId, string Press);
