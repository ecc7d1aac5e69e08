using System.Net.Sockets;
using System.Text;

namespace Cea.Testing;

/// <summary>One kept connection over which calls are posted one after the other.</summary>
public sealed class CallSender(int port) : IDisposable
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private TcpClient? _client;

    /// <summary>What the last call was answered, without its head.</summary>
    public string Answer { get; private set; } = "";

    /// <summary>The HTTP status, or 0 when no answer came: nobody listens, or the connection broke.</summary>
    public async Task<int> PostAsync(ProviderCall call)
    {
        try
        {
            if (_client is null)
            {
                _client = new TcpClient { NoDelay = true };
                await _client.ConnectAsync("127.0.0.1", port);
            }
            var stream = _client.GetStream();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15)); // as Twilio waits
            await stream.WriteAsync(call.Request, limit.Token);
            return await AnswerAsync(stream, limit.Token);
        }
        catch (Exception trouble) when (trouble is SocketException or IOException or OperationCanceledException)
        {
            Dispose();
            return 0;
        }
    }

    public void Dispose()
    {
        _client?.Dispose();
        _client = null;
    }

    private async Task<int> AnswerAsync(NetworkStream stream, CancellationToken ct)
    {
        var have = 0;
        while (true)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(have), ct);
            if (read == 0)
                throw new IOException("closed");
            have += read;
            var text = Encoding.ASCII.GetString(_buffer, 0, have);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
                continue;
            var status = int.Parse(text.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
            var at = text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
            if (at >= 0 && at < end)
            {
                var length = int.Parse(text.AsSpan(at + 16, text.IndexOf('\r', at) - at - 16), System.Globalization.CultureInfo.InvariantCulture);
                if (have < end + 4 + length)
                    continue;
                Answer = text[(end + 4)..];
                return status;
            }
            else if (text.EndsWith("0\r\n\r\n", StringComparison.Ordinal) || status == 204)
            {
                Answer = ""; // chunked
                return status;
            }
        }
    }
}
