namespace Cea.Feedback.Intake;

/// <summary>A channel whose files are fetched from its provider.</summary>
public interface IFetchesMedia
{
    /// <summary>
    /// One attempt: from the provider's own hosts only, credentials to the provider only. No transaction is open. Never throws for what the provider or the network does.
    /// </summary>
    /// <param name="reference">Of the message; came from outside: it may name anything.</param>
    /// <param name="account">The line it came on.</param>
    /// <param name="most">Bytes; what is larger is not read to its end.</param>
    Task<MediaFetched> FetchAsync(string reference, ChannelAccount account, long most, CancellationToken ct);
}

/// <summary>What came of one attempt to fetch a file: it, not yet, too large, or never.</summary>
public sealed record MediaFetched
{
    private readonly byte[]? _file;
    private readonly string _code;
    private readonly Outcome _outcome;

    private MediaFetched(Outcome outcome, byte[]? file, string code) => (_outcome, _file, _code) = (outcome, file, code);

    private enum Outcome
    {
        Got,
        Later,
        TooLarge,
        Never,
    }

    public static MediaFetched Got(byte[] file) => new(Outcome.Got, file, "");

    /// <summary>Not there yet, or the provider is away. <paramref name="code"/>: stable, without content.</summary>
    public static MediaFetched Later(string code) => new(Outcome.Later, null, code);

    public static MediaFetched TooLarge() => new(Outcome.TooLarge, null, "");

    /// <summary>It is no file of this provider's.</summary>
    public static MediaFetched Never(string code) => new(Outcome.Never, null, code);

    public T Match<T>(Func<byte[], T> got, Func<string, T> later, Func<T> tooLarge, Func<string, T> never) => _outcome switch
    {
        Outcome.Got => got(_file!),
        Outcome.Later => later(_code),
        Outcome.TooLarge => tooLarge(),
        Outcome.Never => never(_code),
    };
}
