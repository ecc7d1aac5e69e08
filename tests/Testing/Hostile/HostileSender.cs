using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cea.Testing.Hostile;

/// <summary>One caller: kept connections, each from an address of its own on loopback, so that what is counted by address does not end the run.</summary>
internal sealed class HostileSender(int port, Random random) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private TcpClient? _client;

    /// <summary>The status; 0: no answer came, the connection was closed; -1: none came in time.</summary>
    public async Task<int> SendAsync(HostileCall call)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            if (_client is null || random.Next(8) == 0)
            {
                Dispose();
                _client = new TcpClient(new IPEndPoint(new IPAddress([127, (byte)random.Next(1, 250), (byte)random.Next(250), (byte)random.Next(2, 250)]), 0)) { NoDelay = true, LingerState = new(true, 0) };
                await _client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
            }
            var stream = _client.GetStream();
            var answer = AnswerAsync(stream, call.NoBody, limit.Token);
            try
            {
                await stream.WriteAsync(call.Bytes, limit.Token);
            }
            catch (IOException)
            {
                // it was answered, and closed, before all was said
            }
            if (call.CutsOff)
            {
                await Task.WhenAny(answer, Task.Delay(random.Next(30), limit.Token));
                var told = answer.IsCompletedSuccessfully ? (await answer).Status : 0;
                Dispose();
                await answer.ContinueWith(_ => { }, TaskScheduler.Default);
                return told;
            }
            var (status, goesOn) = await answer;
            if (!goesOn)
                Dispose();
            return status;
        }
        catch (OperationCanceledException)
        {
            Dispose();
            return -1;
        }
        catch (Exception trouble) when (trouble is SocketException or IOException)
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

    private async Task<(int Status, bool GoesOn)> AnswerAsync(NetworkStream stream, bool noBody, CancellationToken ct)
    {
        var have = 0;
        var status = 0;
        while (true)
        {
            if (have == _buffer.Length)
                return (status, false); // long enough to know
            var read = await stream.ReadAsync(_buffer.AsMemory(have), ct);
            if (read == 0)
                return (status, false);
            have += read;
            var text = Encoding.Latin1.GetString(_buffer, 0, have);
            while (text.StartsWith("HTTP/1.1 100", StringComparison.Ordinal) && text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var said)
            {
                text = text[(said + 4)..];
                Buffer.BlockCopy(_buffer, said + 4, _buffer, 0, have - said - 4);
                have -= said + 4;
            }
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
                continue;
            status = int.Parse(text.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
            var head = text[..end];
            if (noBody || head.Contains("Connection: close", StringComparison.OrdinalIgnoreCase) || head.Contains("text/event-stream", StringComparison.Ordinal))
                return (status, false);
            var at = head.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
            if (at >= 0)
            {
                var length = int.Parse(head[(at + 16)..].Split('\r')[0], System.Globalization.CultureInfo.InvariantCulture);
                if (have >= end + 4 + length)
                    return (status, have == end + 4 + length);
                if (length > _buffer.Length / 2)
                    return (status, false);
            }
            else if (status is 204 or 304 || text.EndsWith("0\r\n\r\n", StringComparison.Ordinal))
            {
                return (status, true);
            }
        }
    }
}
