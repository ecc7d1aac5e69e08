using System.Diagnostics;
using Cea.Testing;

namespace Cea.Host.Tests.Media;

/// <summary>A server of somebody else that speaks S3, in Node; installed once when it is not there yet.</summary>
public sealed class S3Server : IAsyncLifetime
{
    public const string Bucket = "feedback-media", Keys = "S3RVER";
    private static readonly string Package = Path.Combine(TestDatabase.RepositoryRoot, "tests", "Host.Tests");
    private readonly string _folder = Directory.CreateTempSubdirectory("cea-s3").FullName;
    private readonly int _port = HostProcess.FreePort();
    private Process? _process;

    public string Url => $"http://127.0.0.1:{_port}";

    /// <summary>What lies in the bucket now, by its names there.</summary>
    public string[] Objects() => [.. Directory.GetFiles(Path.Combine(_folder, Bucket), "*._S3rver_object", SearchOption.AllDirectories)];

    public (string, string?)[] Settings(string prefix = "/cea") => [("Cea:MediaStore", $"s3://{Bucket}{prefix}"), ("Cea:S3:Endpoint", Url), ("Cea:S3:AccessKey", Keys), ("Cea:S3:SecretKey", Keys)];

    public async Task InitializeAsync()
    {
        var installed = new FileInfo(Path.Combine(Package, "node_modules", ".package-lock.json"));
        if (!installed.Exists || installed.LastWriteTimeUtc < File.GetLastWriteTimeUtc(Path.Combine(Package, "package-lock.json")))
        {
            using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]) { WorkingDirectory = Package, RedirectStandardOutput = true })!;
            await npm.WaitForExitAsync();
            npm.ExitCode.ShouldBe(0);
        }
        _process = Process.Start(new ProcessStartInfo("node", [Path.Combine(Package, "node_modules", "s3rver", "bin", "s3rver.js"), "-d", _folder, "-a", "127.0.0.1", "-p", $"{_port}", "--no-vhost-buckets", "--configure-bucket", Bucket])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var http = Clients.New(new Uri(Url));
        for (var since = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            try
            {
                await http.GetAsync(new Uri("/", UriKind.Relative));
                return;
            }
            catch (HttpRequestException) when (since.Elapsed < TimeSpan.FromSeconds(30) && !_process.HasExited)
            {
                // not yet
            }
        }
    }

    public async Task DisposeAsync()
    {
        if (_process is { } running)
        {
            if (!running.HasExited)
                running.Kill();
            await running.WaitForExitAsync();
            running.Dispose();
        }
        Directory.Delete(_folder, true);
    }
}
