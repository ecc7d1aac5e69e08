using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Cea.Feedback.Media;

namespace Cea.Host.Media;

/// <summary>Reads <c>Cea:MediaStore</c>: absent, a folder, or <c>s3://bucket/prefix</c> with endpoint, region and keys from <c>Cea:S3:*</c> or from where AWS's own programs take them.</summary>
internal static class MediaStores
{
    public const string Setting = "Cea:MediaStore";

    /// <summary>Null: files stay in the database.</summary>
    /// <exception cref="SettingException">It is wrong.</exception>
    public static IMediaStore? Of(IConfiguration configuration, Settings settings)
    {
        if (configuration[Setting] is not { Length: > 0 } given)
            return null;
        if (given.StartsWith("s3://", StringComparison.Ordinal))
            return Bucket(configuration, given["s3://".Length..].TrimEnd('/'));
        if (!Path.IsPathFullyQualified(given))
            throw new SettingException(Setting, "is the full path of a folder that all Hosts share, or s3://bucket/prefix; leave it out to keep files in the database");
        var folder = Path.GetFullPath(given).TrimEnd('/');
        if ($"{folder}/".StartsWith(settings.DataDirectory.TrimEnd('/') + "/", StringComparison.Ordinal))
            throw new SettingException(Setting, "must not lie in the data directory: that belongs to the embedded database alone");
        return new FolderMediaStore(folder);
    }

    private static S3MediaStore Bucket(IConfiguration configuration, string path)
    {
        var (bucket, prefix) = path.Split('/', 2) is [var first, var rest] ? (first, rest + "/") : (path, "");
        if (bucket.Length is < 3 or > 63 || !bucket.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.'))
            throw new SettingException(Setting, "names no bucket; it looks like s3://bucket/prefix");
        var region = Either("Cea:S3:Region", "AWS_REGION", "AWS_DEFAULT_REGION");
        var client = new AmazonS3Config
        {
            // What servers of other makers do not speak is left out.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED, ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            Timeout = TimeSpan.FromSeconds(20), ConnectTimeout = TimeSpan.FromSeconds(5), MaxErrorRetry = 2,
        };
        if (Either("Cea:S3:Endpoint", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL") is { } endpoint)
        {
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
                throw new SettingException("Cea:S3:Endpoint", "must be the address of the server, like https://s3.example.org:9000");
            (client.ServiceURL, client.ForcePathStyle, client.AuthenticationRegion) = (endpoint, true, region ?? "us-east-1");
        }
        else
        {
            client.RegionEndpoint = RegionEndpoint.GetBySystemName(region ?? throw new SettingException("Cea:S3:Region", "is missing: the bucket's region, like eu-west-1, or Cea:S3:Endpoint of a server of your own"));
        }
        var (key, secret) = (configuration["Cea:S3:AccessKey"], configuration["Cea:S3:SecretKey"]);
        if (string.IsNullOrEmpty(key) != string.IsNullOrEmpty(secret))
            throw new SettingException(string.IsNullOrEmpty(key) ? "Cea:S3:AccessKey" : "Cea:S3:SecretKey", "is missing: both keys are given, or neither (then the environment's or the machine's are used)");
        return new S3MediaStore(string.IsNullOrEmpty(key) ? new AmazonS3Client(client) : new AmazonS3Client(new BasicAWSCredentials(key, secret), client), bucket, prefix);

        string? Either(params string[] names) => names.Select(n => configuration[n]).FirstOrDefault(v => !string.IsNullOrWhiteSpace(v));
    }
}
