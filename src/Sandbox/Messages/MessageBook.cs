using System.Threading.Channels;

namespace Cea.Sandbox.Messages;

/// <summary>
/// All messages sent and received, in memory. Bounded: beyond <see cref="Capacity"/> the oldest is forgotten. Who watches is told of each change.
/// </summary>
internal sealed class MessageBook(TimeProvider clock)
{
    public const int Capacity = 50_000;
    private const int WatcherBacklog = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, PlayedMessage> _messages = [];
    private readonly Dictionary<(string Account, string ExternalId), long> _byExternalId = [];
    private readonly List<Channel<PlayedMessage>> _watchers = [];
    private long _first = 1, _next = 1;

    /// <summary>Holds a message; one whose provider id is held already is that one.</summary>
    public PlayedMessage Add(PlayedMessage message)
    {
        lock (_lock)
        {
            if (_byExternalId.TryGetValue((message.Account, message.ExternalId), out var held))
                return _messages[held];
            var now = clock.GetUtcNow();
            message = message with { Id = _next++, At = message.At == default ? now : message.At, ChangedAt = now };
            _messages[message.Id] = message;
            _byExternalId[(message.Account, message.ExternalId)] = message.Id;
            for (; _messages.Count > Capacity; _first++)
            {
                if (_messages.Remove(_first, out var old) && _byExternalId.GetValueOrDefault((old.Account, old.ExternalId)) == _first)
                    _byExternalId.Remove((old.Account, old.ExternalId));
            }
            Tell(message);
            return message;
        }
    }

    /// <summary>Changes a message if it is still held. Null when it is not.</summary>
    public PlayedMessage? Change(long id, Func<PlayedMessage, PlayedMessage> change)
    {
        lock (_lock)
        {
            if (!_messages.TryGetValue(id, out var message))
                return null;
            message = change(message) with { ChangedAt = clock.GetUtcNow() };
            _messages[id] = message;
            Tell(message);
            return message;
        }
    }

    public PlayedMessage? Find(string account, string externalId)
    {
        lock (_lock)
            return _byExternalId.TryGetValue((account, externalId), out var id) ? _messages[id] : null;
    }

    /// <summary>Newest first; a snapshot.</summary>
    public IReadOnlyList<PlayedMessage> List(Func<PlayedMessage, bool> which, int limit = int.MaxValue, long before = long.MaxValue)
    {
        lock (_lock)
        {
            var found = new List<PlayedMessage>();
            for (var id = Math.Min(_next, before) - 1; id >= _first && found.Count < limit; id--)
            {
                if (_messages.TryGetValue(id, out var message) && which(message))
                    found.Add(message);
            }
            return found;
        }
    }

    /// <summary>Every change from now on, until the reader goes. A reader who is too slow misses the oldest.</summary>
    public ChannelReader<PlayedMessage> Watch(CancellationToken ct)
    {
        var channel = Channel.CreateBounded<PlayedMessage>(new BoundedChannelOptions(WatcherBacklog) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
            _watchers.Add(channel);
        ct.Register(() =>
        {
            lock (_lock)
                _watchers.Remove(channel);
            channel.Writer.TryComplete();
        });
        return channel.Reader;
    }

    public void Reset()
    {
        lock (_lock)
        {
            _messages.Clear();
            _byExternalId.Clear();
            _first = _next;
        }
    }

    private void Tell(PlayedMessage message)
    {
        foreach (var watcher in _watchers)
            watcher.Writer.TryWrite(message);
    }
}
