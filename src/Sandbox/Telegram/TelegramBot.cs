using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Cea.Sandbox.Accounts;

namespace Cea.Sandbox.Telegram;

/// <summary>What Telegram knows of one bot: who started it or blocked it, the numbers it has given, what waits for delivery, and how its webhook fares.</summary>
internal sealed class TelegramBot
{
    public const int MaxPending = 10_000;
    private const int RememberedChats = 20_000, RememberedQueries = 2_000;

    /// <summary>Private chats with these ids are the sandbox's own people: they have started every bot, also after a restart.</summary>
    public const long FirstOwnPerson = 5_550_000_000, LastOwnPerson = 5_559_999_999;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Chat> _chats = [];
    private readonly Queue<long> _chatOrder = [];
    private readonly Dictionary<string, (long Message, DateTimeOffset At)> _queries = [];
    private readonly Queue<string> _queryOrder = [];
    private readonly SortedDictionary<long, TelegramUpdate> _pending = [];
    private long _nextUpdate = RandomNumberGenerator.GetInt32(100_000_000, 900_000_000);
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public required string AccountName { get; init; }
    public int MaxConnections { get; set; } = 40;
    public IReadOnlyList<string>? AllowedUpdates { get; set; }
    public DateTimeOffset? LastErrorAt { get; set; }
    public string? LastError { get; set; }
    public DateTimeOffset LastSetWebhook { get; set; }
    public SemaphoreSlim Connections { get; set; } = new(40);

    public static long IdOf(SandboxAccount account) => long.Parse(account.BotToken!.Split(':')[0], System.Globalization.CultureInfo.InvariantCulture);

    public void Started(long chat)
    {
        lock (_lock)
            ChatOf(chat).Started = true;
    }

    public bool HasStarted(long chat)
    {
        lock (_lock)
            return chat is >= FirstOwnPerson and <= LastOwnPerson || (_chats.TryGetValue(chat, out var known) && known.Started);
    }

    public bool IsBlockedBy(long chat)
    {
        lock (_lock)
            return _chats.TryGetValue(chat, out var known) && known.Blocked;
    }

    public void SetBlocked(long chat, bool blocked)
    {
        lock (_lock)
            ChatOf(chat).Blocked = blocked;
    }

    /// <summary>Message ids count up within their chat.</summary>
    public long NextMessageId(long chat, long? fixedId = null)
    {
        lock (_lock)
        {
            var known = ChatOf(chat);
            known.LastMessageId = fixedId is { } id ? Math.Max(id, known.LastMessageId) : known.LastMessageId + 1;
            return fixedId ?? known.LastMessageId;
        }
    }

    public string NewQuery(long message, DateTimeOffset at)
    {
        lock (_lock)
        {
            var id = RandomNumberGenerator.GetInt32(int.MaxValue).ToString(System.Globalization.CultureInfo.InvariantCulture) + _nextUpdate;
            _queries[id] = (message, at);
            _queryOrder.Enqueue(id);
            if (_queryOrder.Count > RememberedQueries)
                _queries.Remove(_queryOrder.Dequeue());
            return id;
        }
    }

    /// <summary>The message whose button was pressed; each query is answered once.</summary>
    public (long Message, DateTimeOffset At)? TakeQuery(string id)
    {
        lock (_lock)
            return _queries.Remove(id, out var query) ? query : null;
    }

    /// <summary>Queues an update under the next number. Null when too many wait.</summary>
    public TelegramUpdate? Queue(long chat, string kind, JsonObject content, DateTimeOffset expires, long message, string what, long? fixedId)
    {
        lock (_lock)
        {
            if (_pending.Count >= MaxPending)
                return null;
            var id = fixedId ?? _nextUpdate++;
            var body = new JsonObject { ["update_id"] = id, [kind] = content };
            var update = new TelegramUpdate(id, chat, kind, body, expires, message, what);
            _pending[NextKey(id)] = update;
            return update;
        }
    }

    public TelegramUpdate? FirstOf(long chat)
    {
        lock (_lock)
            return _pending.Values.FirstOrDefault(u => u.Chat == chat);
    }

    public void Done(TelegramUpdate update)
    {
        lock (_lock)
        {
            foreach (var (key, value) in _pending)
            {
                if (ReferenceEquals(value, update))
                {
                    _pending.Remove(key);
                    return;
                }
            }
        }
    }

    public IReadOnlyList<TelegramUpdate> Pending
    {
        get
        {
            lock (_lock)
                return [.. _pending.Values];
        }
    }

    public void DropPending()
    {
        lock (_lock)
            _pending.Clear();
    }

    /// <summary>Done when the webhook changes or an update comes: who waits looks again.</summary>
    public Task Woken
    {
        get
        {
            lock (_lock)
                return _woken.Task;
        }
    }

    public void Wake()
    {
        lock (_lock)
        {
            _woken.SetResult();
            _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Claims the delivery of a chat: one loop for each, so that its order holds.</summary>
    public bool BeginDelivery(long chat)
    {
        lock (_lock)
        {
            var known = ChatOf(chat);
            if (known.Delivering)
                return false;
            return known.Delivering = true;
        }
    }

    /// <summary>Ends the loop unless something came in the meantime.</summary>
    public bool EndDelivery(long chat, bool evenIfMore)
    {
        lock (_lock)
        {
            if (!evenIfMore && _pending.Values.Any(u => u.Chat == chat))
                return false;
            ChatOf(chat).Delivering = false;
            return true;
        }
    }

    // An id that was sent before keeps its number in the body, and queues behind what waits.
    private long NextKey(long id) => _pending.Count == 0 ? id : Math.Max(id, _pending.Keys.Last() + 1);

    private Chat ChatOf(long id)
    {
        if (_chats.TryGetValue(id, out var chat))
            return chat;
        _chatOrder.Enqueue(id);
        if (_chatOrder.Count > RememberedChats)
            _chats.Remove(_chatOrder.Dequeue());
        return _chats[id] = new Chat();
    }

    private sealed class Chat
    {
        public bool Started { get; set; }
        public bool Blocked { get; set; }
        public bool Delivering { get; set; }
        public long LastMessageId { get; set; }
    }
}

/// <summary>One update on its way. <see cref="FirstAnswer"/> is what the webhook said to the first call.</summary>
internal sealed record TelegramUpdate(long Id, long Chat, string Kind, JsonObject Body, DateTimeOffset Expires, long Message, string What)
{
    public TaskCompletionSource<(int? Status, string? Error)> FirstAnswer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
