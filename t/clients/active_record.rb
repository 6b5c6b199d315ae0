# ActiveRecord over the pg gem: prepared statements, autocommit but in transactions.
require 'active_record'

$program = File.basename($0, '.rb')
$scenarios = []

# Runs the block in a connection of its own, with the scenario's name; the label is
# what is wrong with it (see scenarios.py).
def scenario(name, *label, **options, &block)
  $scenarios << [name.to_s, label, options, block]
end

class Record < ActiveRecord::Base
  self.abstract_class = true
end

class Country < Record
  self.primary_key = 'code'
end

class Customer < Record
  belongs_to :country, foreign_key: :country_code, optional: true
  has_many :orders
  has_many :reviews
  has_many :addresses
  has_one :device
  validates :name, uniqueness: true
end

class Order < Record
  belongs_to :customer
  has_many :payments
  has_many :order_lines
end

class OrderLine < Record
  belongs_to :order
  belongs_to :product
end

class Payment < Record
  belongs_to :order
end

class Product < Record
  has_many :reviews
end

class Review < Record
  belongs_to :product
  belongs_to :customer
end

class Address < Record
  belongs_to :customer
end

class Device < Record
  belongs_to :customer
  has_many :readings
end

class Reading < Record
  belongs_to :device
end

class Note < Record
end

class Setting < Record
  self.primary_key = 'key'
end

# -- lazy ------------------------------------------------------------------------------

scenario :belongs_to, 'n_plus_one customers.id <- orders.customer_id' do
  Order.order(:id).limit(30).each { |order| order.customer.name }
end

scenario :has_many, 'n_plus_one orders.customer_id <- customers.id' do
  Customer.order(:id).limit(20).each { |customer| customer.orders.to_a }
end

scenario :has_many_in_transaction, 'n_plus_one orders.customer_id <- customers.id' do
  Record.transaction { Customer.order(:id).limit(20).each { |customer| customer.orders.to_a } }
end

scenario :has_many_without_prepared_statements, 'n_plus_one orders.customer_id <- customers.id', prepared_statements: false do
  Customer.order(:id).limit(20).each { |customer| customer.orders.to_a }
end

scenario :count_of_each, 'n_plus_one orders.customer_id <- customers.id count' do
  Customer.order(:name).limit(20).each { |customer| customer.orders.count }
end

scenario :exists_of_each, 'n_plus_one reviews.product_id <- products.id exists' do
  Product.order(:sku).limit(20).each { |product| product.reviews.where('stars > 3').exists? }
end

scenario :first_of_each, 'n_plus_one orders.customer_id <- customers.id' do
  Customer.order(:id).limit(20).each { |customer| customer.orders.order(placed_on: :desc).first }
end

scenario :has_one_and_its_children, 'n_plus_one devices.customer_id <- customers.id', 'n_plus_one readings.device_id <- devices.id' do
  Customer.where('id <= 40').order(:id).each { |customer| customer.device.readings.to_a }
end

scenario :nested, 'n_plus_one orders.customer_id <- customers.id', 'n_plus_one order_lines.order_id <- orders.id',
         'n_plus_one products.id <- order_lines.product_id' do
  Customer.order(:id).limit(12).each do |customer|
    customer.orders.each { |order| order.order_lines.each { |line| line.product.name } }
  end
end

scenario :pluck_then_find, 'n_plus_one customers.id <- orders.customer_id' do
  Order.order(:id).limit(20).pluck(:customer_id).each { |id| Customer.find(id) }
end

scenario :find_each_then_lazy, 'n_plus_one orders.customer_id <- customers.id' do
  Customer.where('id <= 100').find_each(batch_size: 25) { |customer| customer.orders.load }
end

scenario :sum_of_each, 'n_plus_one payments.order_id <- orders.id count' do
  Order.where(status: 'open').order(:id).limit(20).each { |order| order.payments.sum(:amount) }
end

scenario :where_list_of_one, 'n_plus_one addresses.customer_id <- customers.id' do
  Customer.order(:id).limit(20).each { |customer| Address.where(customer_id: [customer.id]).to_a }
end

scenario :same_setting, 'duplicate_statement settings' do
  20.times { Setting.find_by(key: 'currency') }
end

# -- done well -------------------------------------------------------------------------

scenario :includes do
  Customer.includes(:country, orders: [:payments, { order_lines: :product }]).order(:id).limit(60).to_a
  Order.preload(:customer).limit(50).to_a
  Order.eager_load(:customer, :payments).limit(50).to_a
  Customer.includes(:orders).in_batches(of: 20) { |batch| batch.each { |customer| customer.orders.to_a } }
end

scenario :find_each do
  Order.find_each(batch_size: 40) { |order| order.status }
  Order.in_batches(of: 40).update_all(status: 'done')
end

scenario :uniqueness do
  Record.transaction { 20.times { |i| Customer.create!(name: "unique #{i}") } }
  20.times { |i| Customer.create!(name: "unique too #{i}") }
end

scenario :uniqueness_of_changes do
  Record.transaction do
    Customer.order(:id).limit(20).each { |customer| customer.update!(name: "#{customer.name} changed") }
    Customer.where("name LIKE '% changed'").update_all("name = replace(name, ' changed', '')")
  end
end

scenario :find_or_create do
  24.times { |i| Setting.find_or_create_by!(key: "rails:#{i % 16}") { |setting| setting.value = '1' } }
  Record.transaction { 24.times { |i| Setting.find_or_create_by!(key: "rails too:#{i}") { |setting| setting.value = '1' } } }
end

scenario :touching_and_locking do
  Order.where(id: 1..20).each { |order| order.with_lock { order.update!(status: 'open') } }
end

scenario :requests do
  Customer.order(:id).limit(100).to_a
  [3, 58, 12, 50, 3, 9, 41, 28, 57, 40, 33, 5, 51, 18, 24, 36, 7, 2].each do |id|
    customer = Customer.find(id)
    customer.orders.limit(5).to_a
    customer.country
  end
end

scenario :schema do
  connection = Record.connection
  connection.tables.each { |table| [connection.columns(table), connection.indexes(table), connection.foreign_keys(table)] }
end

scenario :bulk do
  Note.insert_all((1..100).map { |i| { object_type: 'rails', object_id: i.to_s, body: 'x' } })
  Note.where(object_type: 'rails').delete_all
  Setting.upsert_all((1..30).map { |i| { key: "rails upsert:#{i}", value: 'x' } })
end

scenario :pages do
  14.times { |page| Order.order(:id).offset(page * 40).limit(40).to_a }
  last = 0
  14.times { last = Order.where('id > ?', last).order(:id).limit(40).pluck(:id).last || last }
end

scenario :requests_of_one_user do
  25.times do
    Setting.find('customer:9')
    customer = Customer.find(9)
    customer.orders.limit(5).to_a
  end
end

scenario :lists_and_details do
  [30, 4, 19, 45, 8, 27, 13, 36, 2, 41, 22, 11, 49, 16, 33].each do |id|
    Customer.order(:id).limit(50).to_a
    Customer.find(id).orders.to_a
  end
end

scenario :counter_and_touch, 'row_by_row_write notes insert', 'row_by_row_write orders.id update' do
  Record.transaction do
    Order.order(:id).limit(20).each { |order| order.update_columns(status: 'done') }
    20.times { |i| Note.create!(object_type: 'rails', object_id: i.to_s, body: 'x') }
  end
end

scenario :reload_after_write do
  product = Product.find(8)
  15.times do
    Product.where(id: 8).update_all('stock = stock + 1')
    product.reload
  end
end

scenario :in_batches_with_preload do
  Customer.preload(:orders, :reviews).find_each(batch_size: 15) { |customer| customer.orders.size }
end

scenario :few_children do
  Order.order(:id).limit(6).each { |order| order.customer.name }
end

scenario :query_cache do
  Record.connection # without one there is no cache
  Record.cache { 20.times { Setting.find_by(key: 'currency') } }
end

scenario :sizes_of_loaded_collections do
  Customer.includes(:orders).order(:id).limit(30).each { |customer| [customer.orders.size, customer.orders.any?, customer.orders.first] }
end

scenario :savepoints do
  Record.transaction { 20.times { |i| Record.transaction(requires_new: true) { Note.create!(object_type: 'saved', object_id: i.to_s) } } }
end

wanted = ARGV
failed = false
$scenarios.each do |name, label, options, block|
  next unless wanted.empty? || wanted.include?(name)
  Record.establish_connection({ adapter: 'postgresql', host: ENV['PGHOST'], port: ENV['PGPORT'], database: ENV['PGDATABASE'],
                                username: ENV['PGUSER'], variables: { application_name: "#{$program}/#{name}" } }.merge(options))
  begin
    block.call
    puts "scenario #{$program}/#{name}", label.map { |line| "  #{line}" }
  rescue StandardError => e
    warn "#{name}: #{e.full_message}"
    failed = true
  end
  Record.remove_connection
end
exit(1) if failed
