using System.Security.Cryptography;

namespace Cea.Sandbox.Messages;

/// <summary>The files of messages, in memory: at most <see cref="Capacity"/> bytes, the oldest forgotten first.</summary>
internal sealed class MediaStore
{
    public const long Capacity = 64 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (byte[] Bytes, string ContentType)> _files = [];
    private readonly Queue<string> _order = [];
    private long _held;

    public string Add(byte[] bytes, string contentType)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        lock (_lock)
        {
            _files[id] = (bytes, contentType);
            _order.Enqueue(id);
            _held += bytes.Length;
            while (_held > Capacity && _order.TryDequeue(out var oldest))
                Forget(oldest);
        }
        return id;
    }

    public (byte[] Bytes, string ContentType)? Find(string id)
    {
        lock (_lock)
            return _files.TryGetValue(id, out var file) ? file : null;
    }

    public void Remove(string id)
    {
        lock (_lock)
            Forget(id);
    }

    public void Reset()
    {
        lock (_lock)
        {
            _files.Clear();
            _order.Clear();
            _held = 0;
        }
    }

    private void Forget(string id)
    {
        if (_files.Remove(id, out var file))
            _held -= file.Bytes.Length;
    }
}
