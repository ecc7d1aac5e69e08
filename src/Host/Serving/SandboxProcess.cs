using System.Diagnostics;
using Cea.Channels;
using Cea.Feedback.Intake;

namespace Cea.Host.Serving;

/// <summary>The sandbox's own process, in Development only: plays the providers of the configured lines.</summary>
internal sealed class SandboxProcess : IAsyncDisposable
{
    public const string Url = "http://127.0.0.1:5055";
    private readonly Process _process;

    private SandboxProcess(Process process) => _process = process;

    public static SandboxProcess Start(IConfiguration configuration, Uri publicUrl)
    {
        var url = configuration["Cea:SandboxUrl"] is { Length: > 0 } given ? given : Url;
        var binary = Find() ?? throw new SettingException("--roles sandbox", "the sandbox is not built: run ./run.sh, or `dotnet build src/Sandbox`");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } dotnet && Path.GetFileNameWithoutExtension(dotnet) == "dotnet" ? dotnet : "dotnet") { RedirectStandardInput = true };
        foreach (var argument in (string[])[binary, "--urls", url, $"--Sandbox:ParentPid={Environment.ProcessId}"])
            start.ArgumentList.Add(argument);
        using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        var kinds = services.GetRequiredService<ChannelKinds>();
        var n = 0;
        foreach (var account in configuration.GetSection("Channels").GetChildren())
        {
            void Set(string name, string? value)
            {
                if (value is not null)
                    start.Environment[$"Sandbox__Accounts__{n}__{name}"] = value;
            }
            Set("Name", account.Key);
            Set("Kind", account["Kind"]);
            Set("AccountSid", account["AccountSid"]);
            Set("AuthToken", account["AuthToken"]?.Split(',')[0]);
            Set("Number", account["From"]);
            Set("BotToken", account["BotToken"]);
            Set("WebhookSecret", account["WebhookSecret"]);
            Set("WebhookUrl", $"{publicUrl.ToString().TrimEnd('/')}/c/{account["Kind"]}/{account.Key}/receive{kinds.Find(account["Kind"] ?? "")?.Traits.WebhookSuffix}"); // as the pages say to paste it
            n++;
        }
        return new SandboxProcess(Process.Start(start)!);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close(); // it ends when who started it lets go
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3));
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        _process.Dispose();
    }

    private static string? Find()
    {
        if (Settings.Source() is not { } source)
            return null;
        return new[] { "Release", "Debug" }.Select(c => Path.Combine(source, "src", "Sandbox", "bin", c, "net10.0", "cea-sandbox.dll")).Where(File.Exists).OrderByDescending(File.GetLastWriteTimeUtc).FirstOrDefault();
    }
}
