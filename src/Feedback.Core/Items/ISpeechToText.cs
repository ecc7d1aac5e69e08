namespace Cea.Feedback.Items;

/// <summary>Writes down what a recording says. It runs inside the deployment (S10). Where none is registered, officers type.</summary>
public interface ISpeechToText
{
    /// <summary>One attempt, bounded in time and in what is read of the answer. No transaction is open. Never throws for what the engine or the network does.</summary>
    /// <param name="type">By its content, like audio/ogg.</param>
    /// <param name="language">The one that the person chose; null: nobody knows.</param>
    Task<Hearing> HearAsync(ReadOnlyMemory<byte> recording, string type, string? language, CancellationToken ct);
}

/// <summary>What came of one attempt: a text, which may be empty; not this time; never of this recording; or the engine is away, whatever it is asked.</summary>
public sealed record Hearing
{
    private readonly string _said;
    private readonly Outcome _outcome;

    private Hearing(Outcome outcome, string said) => (_outcome, _said) = (outcome, said);

    private enum Outcome
    {
        Heard,
        Later,
        Never,
        Away,
    }

    public static Hearing Heard(string text) => new(Outcome.Heard, text);

    /// <summary>It took too long, or something broke at this recording. <paramref name="code"/>: stable, without content.</summary>
    public static Hearing Later(string code) => new(Outcome.Later, code);

    /// <summary>The engine does not take it.</summary>
    public static Hearing Never(string code) => new(Outcome.Never, code);

    /// <summary>Nobody answers, it refuses us, or what answers is no such engine.</summary>
    public static Hearing Away(string code) => new(Outcome.Away, code);

    public T Match<T>(Func<string, T> heard, Func<string, T> later, Func<string, T> never, Func<string, T> away) => _outcome switch
    {
        Outcome.Heard => heard(_said),
        Outcome.Later => later(_said),
        Outcome.Never => never(_said),
        Outcome.Away => away(_said),
    };
}
