from audiences.sources.csv_url.vendor import CsvUrl

__all__ = ["CsvUrl"]
