using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Cea.Feedback.Storage;

namespace Cea.Testing;

/// <summary>The real executable, on a test's own database, with the settings of the story. Its output is kept for when something goes wrong.</summary>
public sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private bool _disposed;

    private HostProcess(Process process, Uri url, string directory) => (_process, Url, Directory) = (process, url, directory);

    public Uri Url { get; }
    public string Directory { get; }
    public int Id => _process.Id;
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Keys, a place for files, and the settings that every command of this deployment needs.</summary>
    public static Dictionary<string, string> Deployment(string connectionString, string directory)
    {
        var keys = Path.Combine(directory, "keys.json");
        if (!File.Exists(keys))
            File.WriteAllText(keys, TestDatabase.Keys.Export());
        return new() { ["ConnectionStrings__Cea"] = connectionString, ["Cea__Keys"] = keys, ["Cea__DataDirectory"] = Path.Combine(directory, "data"), ["ASPNETCORE_ENVIRONMENT"] = "Production" };
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int Code, string Output)> CommandAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    /// <summary>A command that is still to end, or to be killed.</summary>
    public static Process Start(Dictionary<string, string> environment, params string[] arguments) => Process.Start(Info(environment, arguments))!;

    public static async Task<HostProcess> ServeAsync(Dictionary<string, string> environment, string directory, int port, params string[] arguments)
    {
        var url = new Uri($"http://127.0.0.1:{port}");
        var process = Process.Start(Info(environment, ["serve", "--urls", url.ToString().TrimEnd('/'), .. arguments]))!;
        var host = new HostProcess(process, url, directory);
        process.OutputDataReceived += host.Keep;
        process.ErrorDataReceived += host.Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var http = new Readiness(url);
        for (var since = Stopwatch.StartNew(); since.Elapsed < TimeSpan.FromSeconds(90); await Task.Delay(100))
        {
            if (process.HasExited)
                throw new InvalidOperationException($"the Host ended with {process.ExitCode}: {host.Output}");
            if (await http.ReadyAsync())
                return host;
        }
        throw new TimeoutException(host.Output);
    }

    /// <summary>Waits for the end; its exit code.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>As SIGKILL does it: nothing is finished.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (!_process.HasExited)
        {
            using var term = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(true);
            }
        }
        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
            _output.AppendLine(line.Data);
    }

    /// <summary>The executable that was built with the tests.</summary>
    public static string Binary { get; } =
        Path.Combine(TestDatabase.RepositoryRoot, "src", "Host", "bin", AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug", "net10.0", "cea.dll");

    private static ProcessStartInfo Info(Dictionary<string, string> environment, string[] arguments)
    {
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        info.ArgumentList.Add(Binary);
        foreach (var argument in arguments)
            info.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            info.Environment[name] = value;
        return info;
    }

    private sealed class Readiness(Uri url) : IDisposable
    {
        private readonly HttpClient _http = Clients.New(url);

        public async Task<bool> ReadyAsync()
        {
            try
            {
                return (await _http.GetAsync(new Uri("/readyz", UriKind.Relative))).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }

        public void Dispose() => _http.Dispose();
    }
}

public static class Clients
{
#pragma warning disable RS0030 // tests have no factory
    public static HttpClient New(Uri url, CookieContainer? cookies = null, AnswerTrail? trail = null)
    {
        HttpMessageHandler handler = new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = cookies ?? new CookieContainer() };
        if (trail is not null)
            handler = new Trailing(trail) { InnerHandler = handler };
        return new(handler) { BaseAddress = url, Timeout = TimeSpan.FromSeconds(60) };
    }
#pragma warning restore RS0030

    private sealed class Trailing(AnswerTrail trail) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            trail.Add($"{request.Method} {request.RequestUri} {(int)answer.StatusCode}\n{answer.Headers}{answer.Content.Headers}");
            return answer;
        }
    }
}

/// <summary>What stands around every answer: addresses and headers, without the bodies.</summary>
public sealed class AnswerTrail
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _answers = new();

    public IReadOnlyCollection<string> Answers => _answers;

    internal void Add(string answer) => _answers.Enqueue(answer);
}
