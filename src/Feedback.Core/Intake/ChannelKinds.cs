using System.Collections.Frozen;

namespace Cea.Feedback.Intake;

/// <summary>All kinds of line, found by the word that stands in addresses and in the database.</summary>
public sealed class ChannelKinds(IEnumerable<IChannel> channels)
{
    /// <summary>Name of the HTTP client that channels call providers with.</summary>
    public const string HttpClient = "channels";

    /// <summary>How long a call to a provider may take; under a third of a sending's lease.</summary>
    public static readonly TimeSpan SendLimit = TimeSpan.FromSeconds(15);

    private readonly FrozenDictionary<string, IChannel> _byKind = channels.ToFrozenDictionary(c => c.Kind);

    public IReadOnlyList<IChannel> All => _byKind.Values;

    public IChannel? Find(string kind) => _byKind.GetValueOrDefault(kind);
}
