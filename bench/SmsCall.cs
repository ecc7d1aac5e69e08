using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Cea.Bench;

/// <summary>An incoming SMS as Twilio posts it, signed; as bytes, so that the sender costs next to nothing.</summary>
internal sealed class SmsCall
{
    private SmsCall(string sid, byte[] request) => (Sid, Request) = (sid, request);

    public string Sid { get; }
    public byte[] Request { get; }

    public static SmsCall New(string sid, string from, string text, string url)
    {
        KeyValuePair<string, string>[] form = [new("AccountSid", Ground.Sid), new("Body", text), new("From", from), new("MessageSid", sid), new("NumMedia", "0"), new("NumSegments", "1"), new("SmsMessageSid", sid), new("SmsStatus", "received"), new("To", Ground.Line)];
        var signed = url + string.Concat(form.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => f.Key + f.Value));
#pragma warning disable CA5350 // Twilio's protocol fixes HMAC-SHA1
        var signature = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(Ground.Token), Encoding.UTF8.GetBytes(signed)));
#pragma warning restore CA5350
        var body = Encoding.ASCII.GetBytes(string.Join('&', form.Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value)}")));
        var uri = new Uri(url);
        var head = $"POST {uri.PathAndQuery} HTTP/1.1\r\nHost: {uri.Authority}\r\nX-Twilio-Signature: {signature}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {body.Length}\r\n\r\n";
        return new SmsCall(sid, [.. Encoding.ASCII.GetBytes(head), .. body]);
    }

    public static string NewSid(int n) => $"SM{n:x32}";
}

/// <summary>One kept connection over which calls are posted one after the other.</summary>
internal sealed class CallSender(int port) : IDisposable
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private TcpClient? _client;

    /// <summary>The HTTP status, or 0 when no answer came: nobody listens, or the connection broke.</summary>
    public async Task<int> PostAsync(SmsCall call)
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
                if (have >= end + 4 + length)
                    return status;
            }
            else if (text.EndsWith("0\r\n\r\n", StringComparison.Ordinal) || status == 204)
            {
                return status; // chunked
            }
        }
    }
}
