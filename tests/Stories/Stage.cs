using Cea.Sandbox;
using Cea.Testing;
using Microsoft.AspNetCore.Builder;

namespace Cea.Stories;

/// <summary>What a story plays on: a database, the sandbox as provider, the real executable, and an officer signed in who may see everything.</summary>
public class Stage : IAsyncLifetime
{
    private string _directory = "";
    private WebApplication _sandbox = null!;

    public TestDatabase Database { get; } = new();
    public HttpClient Control { get; private set; } = null!;
    public HostProcess Host { get; private set; } = null!;
    public OfficerAtWork Lead { get; private set; } = null!;

    /// <summary>The settings of this deployment, for commands.</summary>
    public Dictionary<string, string> Environment { get; private set; } = [];

    /// <summary>What this deployment has besides.</summary>
    protected virtual Task<IReadOnlyDictionary<string, string>> MoreAsync() => Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>());

    public const string BotToken = "100009:story-bot-token-00000000000000000000", BotSecret = "story-secret";

    /// <summary>A demo officer's password.</summary>
    public string PasswordOf(string name) => File.ReadAllLines(Path.Combine(_directory, "data.first-password")).Single(l => l.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1];

    public async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var since = System.Diagnostics.Stopwatch.StartNew(); since.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(200))
        {
            if (await holds())
                return;
        }
        throw new TimeoutException(Host.Output);
    }

    public async Task InitializeAsync()
    {
        await Database.InitializeAsync();
        _directory = Directory.CreateTempSubdirectory("cea-story").FullName;
        var (hostPort, sandboxPort) = (HostProcess.FreePort(), HostProcess.FreePort());
        var environment = HostProcess.Deployment(Database.ConnectionString, _directory);
        environment["Cea__PublicUrl"] = $"http://127.0.0.1:{hostPort}";
        var sandboxUrl = $"http://127.0.0.1:{sandboxPort}";
        foreach (var (name, value) in new[]
        {
            ("sms__Kind", "twilio-sms"), ("sms__AccountSid", "AC00000000000000000000000000000009"), ("sms__AuthToken", "story-token"), ("sms__From", "+15550100009"), ("sms__ApiBaseUrl", sandboxUrl),
            ("wa__Kind", "twilio-whatsapp"), ("wa__AccountSid", "AC00000000000000000000000000000008"), ("wa__AuthToken", "story-whatsapp-token"), ("wa__From", "+15550100008"), ("wa__ApiBaseUrl", sandboxUrl),
            ("helpline__Kind", "twilio-voice"), ("helpline__AccountSid", "AC00000000000000000000000000000009"), ("helpline__AuthToken", "story-token"), ("helpline__From", "+15550100009"), ("helpline__ApiBaseUrl", sandboxUrl),
            ("helpline__Languages", "es,en,fr"), ("bot__Kind", "telegram"), ("bot__BotToken", "100009:story-bot-token-00000000000000000000"), ("bot__WebhookSecret", "story-secret"), ("bot__ApiBaseUrl", sandboxUrl),
        })
            environment[$"Channels__{name}"] = value;
        foreach (var (name, value) in await MoreAsync())
            environment[name] = value;

        _sandbox = SandboxServer.Build(["--urls", sandboxUrl, $"--Sandbox:CeaBaseUrl=http://127.0.0.1:{hostPort}", "--Sandbox:StatusDelayMs=50", "--Sandbox:ApprovalDelayMs=50",
            "--Sandbox:Accounts:0:Name=sms", "--Sandbox:Accounts:0:Kind=twilio-sms", "--Sandbox:Accounts:0:AccountSid=AC00000000000000000000000000000009", "--Sandbox:Accounts:0:AuthToken=story-token", "--Sandbox:Accounts:0:Number=+15550100009",
            "--Sandbox:Accounts:1:Name=bot", "--Sandbox:Accounts:1:Kind=telegram", "--Sandbox:Accounts:1:BotToken=100009:story-bot-token-00000000000000000000", "--Sandbox:Accounts:1:WebhookSecret=story-secret",
            "--Sandbox:Accounts:2:Name=helpline", "--Sandbox:Accounts:2:Kind=twilio-voice", "--Sandbox:Accounts:2:AccountSid=AC00000000000000000000000000000009", "--Sandbox:Accounts:2:AuthToken=story-token", "--Sandbox:Accounts:2:Number=+15550100009",
            $"--Sandbox:Accounts:1:WebhookUrl=http://127.0.0.1:{hostPort}/c/telegram/bot/receive",
            "--Sandbox:Accounts:3:Name=wa", "--Sandbox:Accounts:3:Kind=twilio-whatsapp", "--Sandbox:Accounts:3:AccountSid=AC00000000000000000000000000000008", "--Sandbox:Accounts:3:AuthToken=story-whatsapp-token", "--Sandbox:Accounts:3:Number=+15550100008"]);
        Environment = environment;
        await _sandbox.StartAsync();
        Control = Clients.New(new Uri(sandboxUrl));

        (await HostProcess.CommandAsync(environment, "demo", "--items", "0")).Code.ShouldBe(0);
        await Database.ExecuteAsync("update deployment set value = '0' where name = 'survey_after_minutes'");
        Host = await HostProcess.ServeAsync(environment, _directory, hostPort);
        Lead = new OfficerAtWork(Host.Url);
        await Lead.SignInAsync("lead", PasswordOf("lead"));
    }

    public virtual async Task DisposeAsync()
    {
        Lead.Dispose();
        await Host.DisposeAsync();
        await _sandbox.DisposeAsync();
        Control.Dispose();
        await Database.DisposeAsync();
        Directory.Delete(_directory, true);
    }
}
