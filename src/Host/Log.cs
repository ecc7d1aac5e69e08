namespace Cea.Host;

/// <summary>Every line that the host itself can log.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Serving {Roles} at {Urls}")]
    public static partial void Serving(ILogger logger, string roles, string urls);

    [LoggerMessage(2, LogLevel.Warning, "The database is away; what comes in is answered 503 until it is back")]
    public static partial void DatabaseAway(ILogger logger);

    [LoggerMessage(3, LogLevel.Information, "Stopping: requests under way are finished")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(5, LogLevel.Warning, "The classifier's model cannot be used ({Why}): every message stays restricted until somebody has seen it")]
    public static partial void NoModel(ILogger logger, string why);

    [LoggerMessage(6, LogLevel.Information, "The classifier reads with the model {Version} from now on; the promoted one is {State}")]
    public static partial void ModelTaken(ILogger logger, string version, string state);
}
